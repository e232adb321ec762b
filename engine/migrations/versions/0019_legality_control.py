"""Legality control: the register of acts, what is exchanged about them, the prefect's letters"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}"
    )


def _index(table: str, *columns: str, name: str = "", **more: Any) -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), **more)


def _only(condition: str) -> dict[str, sa.TextClause]:
    where = sa.text(condition)
    return {"postgresql_where": where, "sqlite_where": where}


def upgrade() -> None:
    _accounts()
    _acts()
    _exchanges()


def _accounts() -> None:
    op.create_table(
        "legality_account",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("department", sa.String(3), nullable=False),
        sa.Column("district", sa.String(1), nullable=False, server_default="0"),
        sa.Column("nature", sa.String(2), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("collected_at", _MOMENT),
        sa.Column("classified_at", _MOMENT),
        _to("legality_account", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("organisation_id", name="pk_legality_account"),
    )
    op.create_table(
        "legality_classification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("version_date", sa.Date(), nullable=False),
        sa.Column("natures", sa.JSON(), nullable=False),
        sa.Column("document_types", sa.JSON(), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT),
        _to("legality_classification", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_legality_classification"),
        sa.UniqueConstraint(
            "organisation_id",
            "version_date",
            name="uq_legality_classification_organisation_id_version_date",
        ),
    )
    _index(
        "legality_classification",
        "organisation_id",
        name="ix_legality_classification_current",
        unique=True,
        **_only("until IS NULL"),
    )


def _acts() -> None:
    op.create_table(
        "legality_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("watch_id", sa.Uuid()),
        sa.Column("folder_id", sa.Uuid()),
        sa.Column("number", sa.String(15), nullable=False),
        sa.Column("nature", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("public_subject", sa.String(500), nullable=False, server_default=""),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("on_paper", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("classified_on", sa.Date()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("service_id", sa.String(100), nullable=False, server_default=""),
        sa.Column("unique_id", sa.String(80), nullable=False, server_default=""),
        sa.Column("transmitted_at", _MOMENT),
        sa.Column("acknowledged_on", sa.Date()),
        sa.Column("published_on", sa.Date()),
        sa.Column("published_by", sa.String(20), nullable=False, server_default=""),
        sa.Column("version", sa.String(10), nullable=False),
        sa.Column("shown_on", sa.Date()),
        sa.Column("names_people", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("enforceable_on", sa.Date()),
        sa.Column("cancelled_on", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("referral_until", sa.Date()),
        sa.Column("referral_open", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("referred_on", sa.Date()),
        sa.Column("created_at", _MOMENT, nullable=False),
        _to("legality_act", "folder_id", "process_instance"),
        _to("legality_act", "instance_id", "process_instance"),
        _to("legality_act", "organisation_id", "organisation"),
        _to("legality_act", "watch_id", "process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_legality_act"),
    )
    _index("legality_act", "folder_id")
    _index("legality_act", "instance_id")
    _index(
        "legality_act",
        "organisation_id",
        "number",
        name="ix_legality_act_number",
        unique=True,
        **_only("state <> 'abandoned'"),
    )
    _index("legality_act", "organisation_id", "decided_on", "id")
    _index("legality_act", "organisation_id", "nature", "created_at")
    _index("legality_act", "organisation_id", "state", "decided_on", "id")
    _index(
        "legality_act",
        "organisation_id",
        "decided_on",
        "id",
        name="ix_legality_act_shown",
        **_only("shown_on IS NOT NULL"),
    )
    _index("legality_act", "unique_id")
    op.create_table(
        "legality_term",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        _to("legality_term", "act_id", "legality_act"),
        _to("legality_term", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("act_id", "term", name="pk_legality_term"),
    )
    _index("legality_term", "organisation_id", "term", "decided_on", "act_id")


def _exchanges() -> None:
    op.create_table(
        "legality_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("document_type", sa.String(10), nullable=False, server_default=""),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False, server_default=sa.true()),
        _to("legality_document", "act_id", "legality_act"),
        _to("legality_document", "document_id", "document"),
        sa.PrimaryKeyConstraint("id", name="pk_legality_document"),
    )
    _index("legality_document", "act_id", "position")
    _index("legality_document", "document_id")
    op.create_table(
        "legality_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid()),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(5), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        _to("legality_message", "act_id", "legality_act"),
        _to("legality_message", "instance_id", "process_instance"),
        sa.PrimaryKeyConstraint("id", name="pk_legality_message"),
    )
    _index("legality_message", "act_id", "at")
    _index("legality_message", "instance_id")
    op.create_table(
        "legality_letter",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid()),
        sa.Column("external_id", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("dated", sa.Date()),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("answered_on", sa.Date()),
        _to("legality_letter", "act_id", "legality_act"),
        _to("legality_letter", "instance_id", "process_instance"),
        _to("legality_letter", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_legality_letter"),
        sa.UniqueConstraint(
            "organisation_id",
            "external_id",
            name="uq_legality_letter_organisation_id_external_id",
        ),
    )
    _index("legality_letter", "act_id")
    _index("legality_letter", "instance_id")
    _index("legality_letter", "organisation_id", "received_on", "id")
    _index("legality_letter", "organisation_id", "state", "received_on", "id")


def downgrade() -> None:
    for table in (
        "legality_letter",
        "legality_message",
        "legality_document",
        "legality_term",
        "legality_act",
        "legality_classification",
        "legality_account",
    ):
        op.drop_table(table)
