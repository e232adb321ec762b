"""Absences, tasks put off until something happens, signatures, and jobs on tasks"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("deputy_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("delegation", sa.Text(), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_absence_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["deputy_id"], ["person.id"], name="fk_absence_deputy_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name="fk_absence_made_by_person"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_absence_organisation_id_organisation",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
    )
    for column in ("person_id", "deputy_id", "organisation_id"):
        op.create_index(f"ix_absence_{column}_ends_at", "absence", [column, "ends_at"])
    with op.batch_alter_table("user_task") as batch_op:
        batch_op.add_column(
            sa.Column("follow_up_event", sa.String(20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("signature", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("history") as batch_op:
        batch_op.add_column(sa.Column("on_behalf_of", sa.Uuid()))
    with op.batch_alter_table("job") as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(20), nullable=False, server_default="operation")
        )
        batch_op.add_column(sa.Column("organisation_id", sa.Uuid()))
        batch_op.create_foreign_key(
            "fk_job_organisation_id_organisation",
            "organisation",
            ["organisation_id"],
            ["id"],
        )
        batch_op.drop_index("ix_job_created_at_id")
        batch_op.create_index("ix_job_kind_created_at_id", ["kind", "created_at", "id"])
        batch_op.create_index(
            "ix_job_created_by_kind_created_at", ["created_by", "kind", "created_at"]
        )
        batch_op.create_index(
            "ix_job_organisation_id_created_at",
            ["organisation_id", "created_at"],
            postgresql_where=sa.text("organisation_id IS NOT NULL"),
            sqlite_where=sa.text("organisation_id IS NOT NULL"),
        )
    with op.batch_alter_table("job_item") as batch_op:
        batch_op.add_column(sa.Column("task_id", sa.Uuid()))
        batch_op.create_index("ix_job_item_task_id", ["task_id"])
