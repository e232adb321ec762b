"""Notes, asks, who looks at a case, and what each saving of a draft changed"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("status = 'open'")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "case_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("edited_at", moment),
        _to("case_note", "instance_id", "process_instance"),
        _to("case_note", "author_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_case_note"),
    )
    op.create_index(
        "ix_case_note_instance_id_at_id", "case_note", ["instance_id", "at", "id"]
    )
    op.create_table(
        "case_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(100)),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", moment),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("reminded_at", moment),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("closed_by", sa.Uuid()),
        sa.Column("closed_at", moment),
        sa.Column("motive", sa.Text(), nullable=False),
        _to("case_request", "instance_id", "process_instance"),
        _to("case_request", "asked_by", "person"),
        _to("case_request", "organisation_id", "organisation"),
        _to("case_request", "person_id", "person"),
        _to("case_request", "closed_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_case_request"),
    )
    op.create_index(
        "ix_case_request_instance_id_asked_at_id",
        "case_request",
        ["instance_id", "asked_at", "id"],
    )
    for name, columns in (
        ("ix_case_request_open_person", ["person_id", "asked_at"]),
        ("ix_case_request_open_role", ["organisation_id", "role", "asked_at"]),
    ):
        op.create_index(
            name, "case_request", columns, postgresql_where=OPEN, sqlite_where=OPEN
        )
    op.create_table(
        "draft_change",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        _to("draft_change", "draft_id", "draft"),
        _to("draft_change", "person_id", "person"),
        sa.PrimaryKeyConstraint("draft_id", "rev", name="pk_draft_change"),
    )
    op.create_table(
        "presence",
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        _to("presence", "instance_id", "process_instance"),
        _to("presence", "person_id", "person"),
        sa.PrimaryKeyConstraint("instance_id", "person_id", name="pk_presence"),
    )
    op.create_index("ix_presence_seen_at", "presence", ["seen_at"])
