"""Drafts of procedures, and what is asked for publication"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WAITING = sa.text("status = 'asked'")


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def upgrade() -> None:
    with op.batch_alter_table("process_definition") as batch_op:
        batch_op.add_column(
            sa.Column("comment", sa.Text(), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("approved_by", sa.Uuid()))
        batch_op.create_index(
            "ix_process_definition_owner_id_key_version", ["owner_id", "key", "version"]
        )
    op.create_table(
        "procedure_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid()),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.Column("holder_id", sa.Uuid()),
        sa.Column("held_until", _MOMENT),
        _to("procedure_draft", "owner_id", "organisation"),
        _to("procedure_draft", "base_id", "process_definition"),
        _to("procedure_draft", "created_by", "person"),
        _to("procedure_draft", "holder_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_procedure_draft"),
        sa.UniqueConstraint("key", name="uq_procedure_draft_key"),
    )
    op.create_index(
        "ix_procedure_draft_owner_id_key", "procedure_draft", ["owner_id", "key"]
    )
    op.create_table(
        "procedure_draft_file",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Uuid(), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        _to("procedure_draft_file", "draft_id", "procedure_draft"),
        _to("procedure_draft_file", "updated_by", "person"),
        sa.PrimaryKeyConstraint("draft_id", "name", name="pk_procedure_draft_file"),
    )
    op.create_table(
        "publication_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("base_id", sa.Uuid()),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("acknowledged", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_by", sa.Uuid()),
        sa.Column("decided_at", _MOMENT),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer()),
        _to("publication_request", "owner_id", "organisation"),
        _to("publication_request", "base_id", "process_definition"),
        _to("publication_request", "asked_by", "person"),
        _to("publication_request", "decided_by", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_publication_request"),
    )
    op.create_index(
        "ix_publication_request_waiting",
        "publication_request",
        ["key"],
        unique=True,
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )
    op.create_index(
        "ix_publication_request_key_asked_at", "publication_request", ["key", "asked_at"]
    )
    op.create_index(
        "ix_publication_request_owner_id_status_asked_at",
        "publication_request",
        ["owner_id", "status", "asked_at"],
    )
    op.create_table(
        "publication_file",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _to("publication_file", "request_id", "publication_request"),
        sa.PrimaryKeyConstraint("request_id", "name", name="pk_publication_file"),
    )
