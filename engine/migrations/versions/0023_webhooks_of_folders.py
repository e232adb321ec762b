"""Webhooks of folders: through whose eyes an address is told"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook", sa.Column("seen_by", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("webhook", "seen_by")
