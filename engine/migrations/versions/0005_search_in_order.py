"""Searchable values are read in the order of the cases' lists"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

VALUES = {
    "ix_case_variable_text": ["text", "started_at"],
    "ix_case_variable_number": ["number"],
    "ix_case_variable_moment": ["moment"],
}


def upgrade() -> None:
    with op.batch_alter_table("case_variable") as batch_op:
        batch_op.add_column(sa.Column("organisation_id", sa.Uuid()))
        batch_op.add_column(sa.Column("started_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE case_variable SET (organisation_id, started_at) = "
        "(SELECT organisation_id, started_at FROM process_instance WHERE id = instance_id)"
    )
    with op.batch_alter_table("case_variable") as batch_op:
        batch_op.alter_column("organisation_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.alter_column(
            "started_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        for column in ("text", "number", "moment"):
            batch_op.drop_index(f"ix_case_variable_name_{column}_instance_id")
    for name, columns in VALUES.items():
        column = columns[0]
        kept = None if column == "text" else sa.text(f"{column} IS NOT NULL")
        op.create_index(
            name,
            "case_variable",
            ["organisation_id", "name", *columns, "instance_id"],
            postgresql_where=kept,
            sqlite_where=kept,
        )
    op.drop_index("ix_process_instance_definition_id_status", "process_instance")
    op.create_index(
        "ix_process_instance_definition_id_status_started_at_id",
        "process_instance",
        ["definition_id", "status", "started_at", "id"],
    )
    op.drop_index("ix_user_task_mine", "user_task")
    still = sa.text("status = 'open'")
    op.create_index(
        "ix_user_task_mine",
        "user_task",
        ["assignee_id", "organisation_id", "role", "due_at", "opened_at", "id"],
        postgresql_where=still,
        sqlite_where=still,
    )
    op.create_index("ix_job_created_at_id", "job", ["created_at", "id"])
