"""Vaults of companies, secrets to follow a request by, and brands with their hosts"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STANDING = sa.text("replaced_by IS NULL AND removed_at IS NULL")
_MOMENT = sa.DateTime(timezone=True)


def _organisation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organisation_id"],
        ["organisation.id"],
        name=f"fk_{table}_organisation_id_organisation",
    )


def upgrade() -> None:
    with op.batch_alter_table("document") as batch_op:
        batch_op.add_column(sa.Column("expires_on", sa.Date()))
    op.create_table(
        "vault_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(150), nullable=False),
        sa.Column("issued_on", sa.Date()),
        sa.Column("expires_on", sa.Date()),
        sa.Column("added_by", sa.Uuid()),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("replaced_by", sa.Uuid()),
        sa.Column("removed_at", _MOMENT),
        _organisation("vault_document"),
        sa.PrimaryKeyConstraint("id", name="pk_vault_document"),
    )
    for name, columns in (
        ("standing", ["organisation_id", "kind", "added_at"]),
        ("expiring", ["expires_on", "id"]),
    ):
        op.create_index(
            f"ix_vault_document_{name}",
            "vault_document",
            columns,
            postgresql_where=_STANDING,
            sqlite_where=_STANDING,
        )
    op.create_index(
        "ix_vault_document_organisation_id", "vault_document", ["organisation_id"]
    )
    op.create_index(
        "ix_vault_document_series_id_added_at", "vault_document", ["series_id", "added_at"]
    )
    op.create_index("ix_vault_document_sha256", "vault_document", ["sha256"])
    op.create_table(
        "tracking_secret",
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid()),
        sa.Column("revoked_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name="fk_tracking_secret_instance_id_process_instance",
        ),
        sa.PrimaryKeyConstraint("instance_id", name="pk_tracking_secret"),
    )
    op.create_table(
        "brand",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("welcome_title", sa.String(120), nullable=False),
        sa.Column("welcome_text", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("legal", sa.Text(), nullable=False),
        sa.Column("footer", sa.Text(), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        _organisation("brand"),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_brand"),
    )
    op.create_table(
        "brand_host",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("asked_by", sa.Uuid()),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT),
        _organisation("brand_host"),
        sa.PrimaryKeyConstraint("id", name="pk_brand_host"),
        sa.UniqueConstraint("host", name="uq_brand_host_host"),
    )
    op.create_index("ix_brand_host_organisation_id", "brand_host", ["organisation_id"])
    op.create_index("ix_brand_host_status_asked_at", "brand_host", ["status", "asked_at"])
