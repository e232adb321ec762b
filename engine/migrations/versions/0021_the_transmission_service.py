"""The transmission service"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_UNREAD = sa.text("code IN ('2-1', '3-1', '4-1', '5-1', 'retour') AND read_at IS NULL")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def _index(table: str, *columns: str, name: str = "", only: str = "") -> None:
    where = sa.text(only) if only else None
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}",
        table,
        list(columns),
        postgresql_where=where,
        sqlite_where=where,
    )


def upgrade() -> None:
    op.create_table(
        "transmission_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(100), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.String(64)),
        sa.Column("siren", sa.String(9), nullable=False),
        sa.Column("department", sa.String(3), nullable=False),
        sa.Column("district", sa.String(1), nullable=False),
        sa.Column("nature", sa.String(2), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("closed_at", _MOMENT),
        _to("transmission_account", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_transmission_account"),
        sa.UniqueConstraint("login", name="uq_transmission_account_login"),
    )
    _index("transmission_account", "organisation_id")
    _index("transmission_account", "certificate", only="certificate IS NOT NULL")
    _transmissions()
    _files()


def _transmissions() -> None:
    op.create_table(
        "transmission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, server_default=""),
        sa.Column("unique_id", sa.String(60), nullable=False, server_default=""),
        sa.Column("number", sa.String(100), nullable=False, server_default=""),
        sa.Column("subject", sa.String(500), nullable=False, server_default=""),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("related_id", sa.Integer()),
        sa.Column("sha1", sa.String(40)),
        sa.Column("envelope_on", sa.Date()),
        sa.Column("envelope_serial", sa.Integer()),
        sa.Column("envelope", sa.String(100)),
        sa.Column("instance_id", sa.Uuid()),
        sa.Column("answer_id", sa.Uuid()),
        sa.Column("submitted_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT),
        _to("transmission", "organisation_id", "organisation"),
        _to("transmission", "account_id", "transmission_account"),
        _to("transmission", "related_id", "transmission"),
        _to("transmission", "instance_id", "process_instance"),
        _to("transmission", "answer_id", "document"),
        sa.PrimaryKeyConstraint("id", name="pk_transmission"),
        sa.UniqueConstraint(
            "organisation_id",
            "envelope_on",
            "envelope_serial",
            name="uq_transmission_organisation_id_envelope_on_envelope_serial",
        ),
    )
    _index("transmission", "organisation_id", "id")
    _index("transmission", "organisation_id", "code", "status", "id")
    _index("transmission", "organisation_id", "number", "id")
    _index("transmission", "status", "id")
    _index("transmission", "unique_id", "code")
    _index("transmission", "related_id")
    _index("transmission", "sha1", only="sha1 IS NOT NULL")
    _index("transmission", "envelope", only="envelope IS NOT NULL")
    _index(
        "transmission", "organisation_id", "id", name="ix_transmission_unread",
        only=str(_UNREAD),
    )  # fmt: skip


def _files() -> None:
    op.create_table(
        "transmission_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmission_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("posted_name", sa.String(255), nullable=False, server_default=""),
        sa.Column("document_type", sa.String(5), nullable=False, server_default=""),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("signature_id", sa.Uuid()),
        _to("transmission_file", "transmission_id", "transmission"),
        _to("transmission_file", "document_id", "document"),
        _to("transmission_file", "signature_id", "document"),
        sa.PrimaryKeyConstraint("id", name="pk_transmission_file"),
    )
    _index("transmission_file", "transmission_id", "rank")
    op.create_table(
        "transmission_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmission_id", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, server_default=""),
        _to("transmission_event", "transmission_id", "transmission"),
        sa.PrimaryKeyConstraint("id", name="pk_transmission_event"),
    )
    _index("transmission_event", "transmission_id", "id")
    op.create_table(
        "transmission_arrival",
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("problem", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("name", name="pk_transmission_arrival"),
    )
    op.create_table(
        "transmission_nonce",
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("value", name="pk_transmission_nonce"),
    )
    _index("transmission_nonce", "expires_at")


def downgrade() -> None:
    for table in ("nonce", "arrival", "event", "file"):
        op.drop_table(f"transmission_{table}")
    op.drop_table("transmission")
    op.drop_table("transmission_account")
