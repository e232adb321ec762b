"""Keys of the API, what they sent ahead and were answered, and webhooks"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ACTIVE = sa.text("status = 'active'")
_READY = sa.text("status = 'ready'")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def _index(table: str, *columns: str, name: str = "", **more: sa.TextClause) -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), **more)


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("prefix", sa.String(20), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_by", sa.Uuid()),
        sa.Column("motive", sa.Text(), nullable=False),
        sa.Column("replaced_by", sa.Uuid()),
        _to("api_key", "organisation_id", "organisation"),
        _to("api_key", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_api_key"),
        sa.UniqueConstraint("prefix", name="uq_api_key_prefix"),
    )
    _index("api_key", "organisation_id", "created_at")
    op.create_table(
        "api_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("media_type", sa.String(150), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _to("api_upload", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_api_upload"),
    )
    _index("api_upload", "organisation_id", "sha256")
    _index("api_upload", "sha256")
    _index("api_upload", "at")
    op.create_table(
        "api_answer",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.String(200), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _to("api_answer", "person_id", "person"),
        sa.PrimaryKeyConstraint("person_id", "idempotency_key", name="pk_api_answer"),
    )
    _index("api_answer", "at")
    _webhooks()


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("old_until", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid()),
        sa.Column("served_at", _MOMENT, nullable=False),
        _to("webhook", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
    )
    _index("webhook", "organisation_id", "created_at")
    _index(
        "webhook", "served_at", name="ix_webhook_served",
        postgresql_where=_ACTIVE, sqlite_where=_ACTIVE,
    )  # fmt: skip
    op.create_table(
        "webhook_event",
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        _to("webhook_event", "webhook_id", "webhook"),
        sa.PrimaryKeyConstraint("webhook_id", "type", name="pk_webhook_event"),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("lease_until", _MOMENT),
        sa.Column("last_at", _MOMENT),
        sa.Column("last_code", sa.Integer()),
        sa.Column("last_error", sa.Text(), nullable=False),
        _to("webhook_delivery", "webhook_id", "webhook"),
        sa.PrimaryKeyConstraint("event_id", "webhook_id", name="pk_webhook_delivery"),
    )
    _index(
        "webhook_delivery", "webhook_id", "due_at", name="ix_webhook_delivery_due",
        postgresql_where=_READY, sqlite_where=_READY,
    )  # fmt: skip
    _index("webhook_delivery", "webhook_id", "at", "event_id")
    _index("webhook_delivery", "at")
