"""Evidence and secure mail"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "parapheur_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("opened_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["parapheur_folder.instance_id"],
            name="fk_parapheur_mail_instance_id_parapheur_folder",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_mail"),
        sa.UniqueConstraint("digest", name="uq_parapheur_mail_digest"),
    )
    op.create_index(
        "ix_parapheur_mail_instance_id_sent_at",
        "parapheur_mail",
        ["instance_id", "sent_at"],
    )
