"""The digest of a case's state stands beside it"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A case moved before this has none: its next step computes it.
    op.add_column(
        "process_instance",
        sa.Column("digest", sa.String(length=64), nullable=False, server_default=""),
    )


def downgrade() -> None:
    """Migrations go forward only: restore a backup to go back."""
    raise NotImplementedError
