"""How long signed files are proved, when desks are reminded"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_LASTING = "good_until IS NOT NULL AND renewal_id IS NULL"
_RENEWED = "renewal_id IS NOT NULL"
_TO_REMIND = "state = 'in_progress' AND remind_at IS NOT NULL"

_KNOWN = """
    UPDATE parapheur_file SET good_until = (
        SELECT s.valid_to FROM parapheur_signature s
        JOIN parapheur_version v ON v.id = s.version_id
        WHERE v.file_id = parapheur_file.id AND v.withdrawn_at IS NULL
        ORDER BY CASE WHEN s.kind = 'timestamp' THEN 0 ELSE 1 END,
                 CASE WHEN s.kind = 'timestamp' THEN -v.number ELSE 0 END, s.valid_to
        LIMIT 1
    ) WHERE format = 'pades' AND kind <> 'detached'
"""
"""As `workflows.parapheur.files` derives it: the last timestamp, else the first end of a
certificate that signed."""


def upgrade() -> None:
    op.add_column("parapheur_file", sa.Column("good_until", sa.DateTime(timezone=True)))
    op.add_column("parapheur_file", sa.Column("renewal_id", sa.Uuid()))
    op.add_column("parapheur_folder", sa.Column("remind_at", sa.DateTime(timezone=True)))
    op.add_column("parapheur_subtype", sa.Column("reminder_days", sa.Integer()))
    op.execute(_KNOWN)
    op.create_index(
        "ix_parapheur_file_lasting",
        "parapheur_file",
        ["good_until", "instance_id"],
        postgresql_where=sa.text(_LASTING),
        sqlite_where=sa.text(_LASTING),
    )
    op.create_index(
        "ix_parapheur_file_renewed",
        "parapheur_file",
        ["renewal_id"],
        postgresql_where=sa.text(_RENEWED),
        sqlite_where=sa.text(_RENEWED),
    )
    op.create_index(
        "ix_parapheur_folder_remind",
        "parapheur_folder",
        ["remind_at"],
        postgresql_where=sa.text(_TO_REMIND),
        sqlite_where=sa.text(_TO_REMIND),
    )
