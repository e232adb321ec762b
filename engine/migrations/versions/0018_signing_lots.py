"""Signing lots"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_LIVE = sa.text("state IN ('open', 'finishing')")


def _to(table: str, column: str, other: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{key}"], name=f"fk_{table}_{column}_{other}"
    )


def _index(table: str, *columns: str, name: str = "", **more: sa.TextClause) -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), **more)


def upgrade() -> None:
    op.create_table(
        "signing_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("signer", sa.String(60), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("quality", sa.String(12), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("private_note", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        _to("signing_lot", "organisation_id", "organisation"),
        _to("signing_lot", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_signing_lot"),
    )
    _index("signing_lot", "person_id", "created_at", "id")
    _index(
        "signing_lot", "state", "created_at", name="ix_signing_lot_live",
        postgresql_where=_LIVE, sqlite_where=_LIVE,
    )  # fmt: skip
    _index("signing_lot", "created_at")
    op.create_table(
        "signing_item",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("prepared", sa.JSON(), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("lease_until", _MOMENT),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT),
        _to("signing_item", "lot_id", "signing_lot"),
        _to("signing_item", "instance_id", "parapheur_folder", "instance_id"),
        sa.PrimaryKeyConstraint("lot_id", "position", name="pk_signing_item"),
    )
    _index("signing_item", "lot_id", "result", "position")
    _index("signing_item", "task_id")
    _index("signing_item", "instance_id")
    op.create_table(
        "signing_certificate",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("issuer", sa.String(400), nullable=False),
        sa.Column("valid_to", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT),
        sa.Column("confirmed_by", sa.Uuid()),
        _to("signing_certificate", "person_id", "person"),
        _to("signing_certificate", "organisation_id", "organisation"),
        _to("signing_certificate", "confirmed_by", "person"),
        sa.PrimaryKeyConstraint("sha256", "person_id", name="pk_signing_certificate"),
    )
    _index("signing_certificate", "organisation_id", "confirmed_at", "seen_at")
