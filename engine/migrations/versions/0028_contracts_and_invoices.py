"""Public contracts, their invoices, what their payment orders say beside"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_EUROS = sa.Numeric(14, 2)
_MOMENT = sa.DateTime(timezone=True)
_CONTRACT, _INVOICE = "accounting_contract", "accounting_invoice"
_COUNTS = sa.text("state <> 'rejected'")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{other}"
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def upgrade() -> None:
    op.add_column("accounting_payment_order", sa.Column("particulars", sa.JSON()))
    op.create_table(
        _CONTRACT,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(30), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("siret", sa.String(14), nullable=False),
        sa.Column("name", sa.String(38), nullable=False),
        sa.Column("holder", sa.JSON(), nullable=False),
        sa.Column("account", sa.String(12), nullable=False),
        sa.Column("function", sa.String(10), nullable=False),
        sa.Column("amount", _EUROS, nullable=False),
        sa.Column("total", _EUROS, nullable=False),
        sa.Column("advance", _EUROS, nullable=False),
        sa.Column("retention", sa.Numeric(5, 2), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("instance_id", sa.Uuid()),
        sa.Column("created_at", _MOMENT, nullable=False),
        _to(_CONTRACT, "organisation_id", "organisation"),
        _to(_CONTRACT, "instance_id", "process_instance"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_CONTRACT}"),
        sa.UniqueConstraint(
            "organisation_id", "number", name=f"uq_{_CONTRACT}_organisation_id_number"
        ),
    )
    _index(_CONTRACT, "organisation_id", "created_at", "id")
    _index(_CONTRACT, "organisation_id", "siret")
    _index(_CONTRACT, "organisation_id", "name")
    _invoices()


def _invoices() -> None:
    op.create_table(
        _INVOICE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("siret", sa.String(14), nullable=False),
        sa.Column("number", sa.String(50), nullable=False),
        sa.Column("chorus", sa.String(30), nullable=False),
        sa.Column("amount", _EUROS, nullable=False),
        sa.Column("total", _EUROS, nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("delay_from", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("suspended_on", sa.Date()),
        sa.Column("suspensions", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("retained", _EUROS, nullable=False),
        sa.Column("recovered", _EUROS, nullable=False),
        sa.Column("interest", _EUROS, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("ordered_on", sa.Date()),
        sa.Column("created_at", _MOMENT, nullable=False),
        _to(_INVOICE, "organisation_id", "organisation"),
        _to(_INVOICE, "contract_id", _CONTRACT),
        _to(_INVOICE, "instance_id", "process_instance"),
        _to(_INVOICE, "order_id", "accounting_payment_order"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_INVOICE}"),
        sa.UniqueConstraint("instance_id", name=f"uq_{_INVOICE}_instance_id"),
    )
    op.create_index(
        f"uq_{_INVOICE}_number", _INVOICE, ["organisation_id", "siret", "number"],
        unique=True, postgresql_where=_COUNTS, sqlite_where=_COUNTS,
    )  # fmt: skip
    _index(_INVOICE, "organisation_id", "state", "due_on", "id")
    _index(_INVOICE, "organisation_id", "due_on", "id")
    _index(_INVOICE, "contract_id", "received_on", "id")
    _index(_INVOICE, "order_id")


def downgrade() -> None:
    op.drop_table(_INVOICE)
    op.drop_table(_CONTRACT)
    op.drop_column("accounting_payment_order", "particulars")
