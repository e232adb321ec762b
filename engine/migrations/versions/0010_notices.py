"""What people are told, how they want to be, and the letter of the day"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("instance_id", sa.Uuid()),
        sa.Column("task_id", sa.Uuid()),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("audience", sa.String(10), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("mail_after", sa.DateTime(timezone=True)),
        sa.Column("mailed_at", sa.DateTime(timezone=True)),
        _foreign("notice", "person_id", "person"),
        _foreign("notice", "instance_id", "process_instance"),
        _foreign("notice", "actor_id", "person"),
        sa.PrimaryKeyConstraint("id", "person_id", name="pk_notice"),
    )
    op.create_index("ix_notice_latest", "notice", ["person_id", "at", "id"])
    op.create_index("ix_notice_of_case", "notice", ["instance_id", "person_id"])
    for name, columns, only in (
        ("ix_notice_unread", ["person_id", "at", "id"], "read_at IS NULL"),
        ("ix_notice_to_mail", ["mail_after"], "mail_after IS NOT NULL"),
        (
            "ix_notice_to_gather",
            ["person_id", "at"],
            "channel = 'daily' AND read_at IS NULL AND mailed_at IS NULL",
        ),
        ("ix_notice_read", ["read_at"], "read_at IS NOT NULL"),
    ):
        _partial(name, "notice", columns, only)
    op.create_table(
        "notice_choice",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        _foreign("notice_choice", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_notice_choice"),
    )
    op.create_table(
        "letters",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quiet_days", sa.String(7), nullable=False),
        sa.Column("locale", sa.String(10), nullable=False),
        _foreign("letters", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", name="pk_letters"),
    )
    op.create_table(
        "digest_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_digest_day"),
    )
    op.create_table(
        "digest",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("try_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        _foreign("digest", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_digest"),
    )
    op.create_index("ix_digest_day", "digest", ["day"])
    _partial("ix_digest_to_send", "digest", ["try_after"], "sent_at IS NULL")
    _partial(
        "ix_user_task_due",
        "user_task",
        ["due_at"],
        "status = 'open' AND due_at IS NOT NULL",
    )


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _partial(name: str, table: str, columns: list[str], only: str) -> None:
    op.create_index(
        name,
        table,
        columns,
        postgresql_where=sa.text(only),
        sqlite_where=sa.text(only),
    )
