"""Who follows which case, and the procedure of each task"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_follower",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_case_follower_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name="fk_case_follower_instance_id_process_instance",
        ),
        sa.PrimaryKeyConstraint("person_id", "instance_id", name="pk_case_follower"),
    )
    op.create_index("ix_case_follower_instance_id", "case_follower", ["instance_id"])
    op.create_index(
        "ix_case_follower_open",
        "case_follower",
        ["person_id", "instance_id"],
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    # Whoever worked on a case before this table existed follows it too.
    op.execute(
        "INSERT INTO case_follower (person_id, instance_id, since, closed_at) "
        "SELECT p.person_id, p.instance_id, p.since, i.ended_at FROM ("
        "SELECT coalesce(completed_by, assignee_id) AS person_id, instance_id, "
        "min(opened_at) AS since FROM user_task "
        "WHERE role <> 'applicant' AND coalesce(completed_by, assignee_id) IS NOT NULL "
        "GROUP BY coalesce(completed_by, assignee_id), instance_id) p "
        "JOIN process_instance i ON i.id = p.instance_id"
    )
    with op.batch_alter_table("user_task") as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(200)))
    op.execute(
        "UPDATE user_task SET key = "
        "(SELECT key FROM process_instance WHERE id = user_task.instance_id)"
    )
    with op.batch_alter_table("user_task") as batch_op:
        batch_op.alter_column("key", existing_type=sa.String(200), nullable=False)
