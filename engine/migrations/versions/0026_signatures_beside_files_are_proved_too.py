"""Signatures beside files are proved, and renewed, as the files are"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KNOWN = """
    UPDATE parapheur_file SET good_until = (
        SELECT min(s.valid_to) FROM parapheur_signature s
        JOIN parapheur_version v ON v.id = s.version_id
        WHERE v.file_id = parapheur_file.id AND v.withdrawn_at IS NULL
    ) WHERE kind = 'detached' AND good_until IS NULL
"""
"""None was closed by a timestamp before: the first end of a certificate that signed."""


def upgrade() -> None:
    op.execute(_KNOWN)
