"""Cases that cases start"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("process_instance") as table:
        table.add_column(sa.Column("parent_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("called_by", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            "fk_process_instance_parent_id_process_instance",
            "process_instance",
            ["parent_id"],
            ["id"],
        )
    for columns in (["parent_id", "started_at"], ["called_by"]):
        condition = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(
            "ix_process_instance_" + "_".join(columns),
            "process_instance",
            columns,
            postgresql_where=condition,
            sqlite_where=condition,
        )
    op.add_column("remote_call", sa.Column("answer", sa.JSON(), nullable=True))
