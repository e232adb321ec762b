"""Accounts to the state: budgets, payment orders, PES, their batches and returns"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_EUROS = sa.Numeric(14, 2)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def upgrade() -> None:
    _budgets()
    _pes()
    _orders()
    _returns()


def _budgets() -> None:
    op.create_table(
        "accounting_budget",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("siret", sa.String(14), nullable=False),
        sa.Column("post", sa.String(7), nullable=False),
        sa.Column("code", sa.String(3), nullable=False),
        sa.Column("number", sa.String(2), nullable=False),
        sa.Column("closed_at", _MOMENT),
        _to("accounting_budget", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_budget"),
    )
    _index("accounting_budget", "organisation_id", "label")
    op.create_table(
        "accounting_series",
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        _to("accounting_series", "budget_id", "accounting_budget"),
        sa.PrimaryKeyConstraint("budget_id", "name", name="pk_accounting_series"),
    )


def _pes() -> None:
    op.create_table(
        "accounting_pes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("code", sa.String(3), nullable=False),
        sa.Column("sent_as", sa.String(130)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(255), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("expenses", _EUROS, nullable=False),
        sa.Column("revenues", _EUROS, nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("official_check", sa.String(10), nullable=False),
        sa.Column("folder_id", sa.Uuid()),
        sa.Column("instance_id", sa.Uuid()),
        sa.Column("replaces_id", sa.Uuid()),
        sa.Column("remote_id", sa.String(100), nullable=False),
        sa.Column("acknowledgement_sha256", sa.String(64)),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("sent_at", _MOMENT),
        sa.Column("answered_at", _MOMENT),
        _to("accounting_pes", "organisation_id", "organisation"),
        _to("accounting_pes", "folder_id", "process_instance"),
        _to("accounting_pes", "instance_id", "process_instance"),
        _to("accounting_pes", "replaces_id", "accounting_pes"),
        _to("accounting_pes", "created_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_pes"),
        _unique("accounting_pes", "organisation_id", "sent_as"),
    )
    _index("accounting_pes", "organisation_id", "state", "created_at", "id")
    _index("accounting_pes", "organisation_id", "created_at", "id")
    _index("accounting_pes", "organisation_id", "name")
    _index("accounting_pes", "folder_id")
    _index("accounting_pes", "replaces_id")
    _index("accounting_pes", "instance_id", "created_at")
    op.create_table(
        "accounting_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pes_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("domain", sa.String(10), nullable=False),
        sa.Column("year", sa.String(4), nullable=False),
        sa.Column("number", sa.String(10), nullable=False),
        sa.Column("amount", _EUROS, nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        _to("accounting_batch", "pes_id", "accounting_pes"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_batch"),
        _unique("accounting_batch", "pes_id", "position"),
    )
    op.create_table(
        "accounting_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pes_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unique_id", sa.String(50), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        _to("accounting_document", "pes_id", "accounting_pes"),
        _to("accounting_document", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_document"),
        _unique("accounting_document", "pes_id", "position"),
    )
    _index("accounting_document", "organisation_id", "unique_id")


def _orders() -> None:
    op.create_table(
        "accounting_payment_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("budget_id", sa.Uuid()),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("amount", _EUROS, nullable=False),
        sa.Column("vat", _EUROS, nullable=False),
        sa.Column("account", sa.String(12), nullable=False),
        sa.Column("function", sa.String(10), nullable=False),
        sa.Column("contract", sa.String(30), nullable=False),
        sa.Column("third_party", sa.JSON(), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("instance_id", sa.Uuid()),
        sa.Column("pes_id", sa.Uuid()),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        _to("accounting_payment_order", "organisation_id", "organisation"),
        _to("accounting_payment_order", "budget_id", "accounting_budget"),
        _to("accounting_payment_order", "instance_id", "process_instance"),
        _to("accounting_payment_order", "pes_id", "accounting_pes"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_payment_order"),
        _unique("accounting_payment_order", "organisation_id", "reference"),
        _unique("accounting_payment_order", "budget_id", "kind", "year", "number"),
    )
    _index("accounting_payment_order", "organisation_id", "state", "created_at", "id")
    _index("accounting_payment_order", "organisation_id", "created_at", "id")
    _index("accounting_payment_order", "pes_id", "kind")
    _index("accounting_payment_order", "instance_id")


def _returns() -> None:
    op.create_table(
        "accounting_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("remote_id", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("dated", sa.Date()),
        sa.Column("received_at", _MOMENT, nullable=False),
        _to("accounting_return", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_accounting_return"),
        _unique("accounting_return", "organisation_id", "remote_id"),
    )
    _index("accounting_return", "organisation_id", "received_at", "id")


def downgrade() -> None:
    for table in (
        "accounting_return",
        "accounting_payment_order",
        "accounting_document",
        "accounting_batch",
        "accounting_pes",
        "accounting_series",
        "accounting_budget",
    ):
        op.drop_table(table)
