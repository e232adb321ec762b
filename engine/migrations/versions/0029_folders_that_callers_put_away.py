"""Folders that their callers have put away"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_THERE, _AWAY = "put_away_at IS NULL", "put_away_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("parapheur_folder", sa.Column("put_away_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_parapheur_folder_callers",
        "parapheur_folder",
        ["organisation_id", "author_role", "state", "deposited_at", "instance_id"],
        postgresql_where=sa.text(_THERE),
        sqlite_where=sa.text(_THERE),
    )
    op.create_index(
        "ix_parapheur_folder_put_away",
        "parapheur_folder",
        ["organisation_id", "put_away_at", "instance_id"],
        postgresql_where=sa.text(_AWAY),
        sqlite_where=sa.text(_AWAY),
    )


def downgrade() -> None:
    op.drop_index("ix_parapheur_folder_put_away", "parapheur_folder")
    op.drop_index("ix_parapheur_folder_callers", "parapheur_folder")
    op.drop_column("parapheur_folder", "put_away_at")
