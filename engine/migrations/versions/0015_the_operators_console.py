"""Chores, marks, retention and holds, platform figures; erasable details of the journal"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_EMPTY = sa.text("''")
_ZERO = sa.text("'0'")


def upgrade() -> None:
    _journal()
    _cases_and_exchanges()
    op.create_table(
        "mark",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mark"),
    )
    op.create_table(
        "chore",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("lease_until", _MOMENT),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer()),
        sa.Column("cursor", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        _foreign("chore", "created_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_chore"),
    )
    for columns in (
        ["status", "created_at"],
        ["kind", "created_at", "id"],
        ["kind", "subject", "created_at"],
        ["finished_at"],
    ):
        _index("chore", columns)
    _retention()
    op.create_table(
        "platform_figure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("organisation_id", sa.Uuid()),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _foreign("platform_figure", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_platform_figure"),
    )
    _index("platform_figure", ["month", "name"])


def _journal() -> None:
    with op.batch_alter_table("journal_entry") as batch_op:
        for name, length in (("detail_digest", 64), ("salt", 32)):
            column = sa.String(length)
            batch_op.add_column(
                sa.Column(name, column, nullable=False, server_default=_EMPTY)
            )
        batch_op.drop_index("ix_journal_entry_at")
        batch_op.drop_index("ix_journal_entry_actor_id_at")
    for first in (["at"], ["actor_id", "at"], ["action", "at"]):
        _index("journal_entry", [*first, "chain", "seq"])


def _cases_and_exchanges() -> None:
    with op.batch_alter_table("process_instance") as batch_op:
        batch_op.add_column(sa.Column("eliminated_at", _MOMENT))
    _partial(
        "ix_process_instance_ended", "process_instance", ["ended_at"],
        "ended_at IS NOT NULL",
    )  # fmt: skip
    for name, columns in (("kept", []), ("kept_of", ["key"])):
        _partial(
            f"ix_process_instance_{name}", "process_instance",
            [*columns, "ended_at", "id"],
            "ended_at IS NOT NULL AND eliminated_at IS NULL",
        )  # fmt: skip
    _partial(
        "ix_incident_of_cause", "incident", ["cause", "raised_at", "id"],
        "resolved_at IS NULL",
    )  # fmt: skip
    with op.batch_alter_table("exchange") as batch_op:
        for name in ("request_size", "response_size"):
            batch_op.add_column(
                sa.Column(name, sa.Integer(), nullable=False, server_default=_ZERO)
            )
        batch_op.drop_index("ix_exchange_partner_at")
    for columns in (
        ["at", "id"],
        ["partner", "at", "id"],
        ["partner", "outcome", "at", "id"],
    ):
        _index("exchange", columns)
    op.create_table(
        "exchange_response",
        sa.Column("exchange_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _foreign("exchange_response", "exchange_id", "exchange"),
        sa.PrimaryKeyConstraint("exchange_id", name="pk_exchange_response"),
    )
    _index("exchange_response", ["at"])
    _index("job", ["kind", "status", "created_at", "id"])


def _retention() -> None:
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("duration", sa.String(10), nullable=False),
        sa.Column("disposition", sa.String(10), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        _foreign("retention_rule", "decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_retention_rule"),
    )
    _index("retention_rule", ["kind", "key", "valid_from"])
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", sa.Uuid()),
        sa.Column("lifted_at", _MOMENT),
        _foreign("legal_hold", "instance_id", "process_instance"),
        _foreign("legal_hold", "placed_by", "person"),
        _foreign("legal_hold", "lifted_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    _partial(
        "ix_legal_hold_in_force", "legal_hold", ["instance_id"], "lifted_at IS NULL",
        unique=True,
    )  # fmt: skip
    _index("legal_hold", ["placed_at"])
    _index("person", ["created_at"])
    _partial("ix_draft_unfinished", "draft", ["updated_at", "id"], "task_id IS NULL")


def _index(table: str, columns: list[str]) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _partial(
    name: str, table: str, columns: list[str], only: str, *, unique: bool = False
) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        postgresql_where=sa.text(only),
        sqlite_where=sa.text(only),
    )
