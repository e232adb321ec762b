"""Procedures that bodies subscribe to, files of people, closed bodies, names to search"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_AT_ONCE = 1000


def upgrade() -> None:
    for table, longest in (("organisation", 600), ("person", 400)):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("folded", sa.String(longest), server_default=""))
            if table == "organisation":
                batch_op.add_column(sa.Column("closed_at", _MOMENT))
        _fold_names(table)
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(
                "folded",
                existing_type=sa.String(longest),
                nullable=False,
                server_default=None,
            )
    with op.batch_alter_table("service") as batch_op:
        batch_op.add_column(sa.Column("closed_at", _MOMENT))
    with op.batch_alter_table("draft") as batch_op:
        batch_op.add_column(sa.Column("body_id", sa.Uuid()))
        batch_op.create_foreign_key(
            "fk_draft_body_id_organisation", "organisation", ["body_id"], ["id"]
        )
    with op.batch_alter_table("holding") as batch_op:
        batch_op.create_index("ix_holding_service_id", ["service_id"])
    op.create_table(
        "procedure_subscription",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT),
        sa.Column("by", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_procedure_subscription_organisation_id_organisation",
        ),
        sa.PrimaryKeyConstraint("key", "organisation_id", name="pk_procedure_subscription"),
    )
    op.create_index(
        "ix_procedure_subscription_organisation_id",
        "procedure_subscription",
        ["organisation_id"],
    )
    _create_imports()


def _create_imports() -> None:
    op.create_table(
        "people_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("new_services", sa.Boolean(), nullable=False),
        sa.Column("guessed", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid()),
        sa.Column("finished_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_people_import_organisation_id_organisation",
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["person.id"], name="fk_people_import_created_by_person"
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["person.id"], name="fk_people_import_confirmed_by_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_people_import"),
    )
    for columns in (["organisation_id", "created_at"], ["status", "created_at"]):
        op.create_index("ix_people_import_" + "_".join(columns), "people_import", columns)
    op.create_table(
        "people_import_line",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("row", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("entered_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["people_import.id"],
            name="fk_people_import_line_import_id_people_import",
        ),
        sa.PrimaryKeyConstraint("import_id", "position", name="pk_people_import_line"),
    )
    for columns in (
        ["import_id", "verdict", "position"],
        ["import_id", "entered_at", "position"],
    ):
        op.create_index(
            "ix_people_import_line_" + "_".join(columns), "people_import_line", columns
        )


def _fold_names(table: str) -> None:
    """Every name as it is searched, a thousand rows at a time."""
    rows = sa.table(
        table, sa.column("id"), sa.column("name", sa.String), sa.column("folded", sa.String)
    )
    connection = op.get_bind()
    named = connection.execute(sa.select(rows.c.id, rows.c.name)).all()
    statement = (
        sa.update(rows)
        .where(rows.c.id == sa.bindparam("of"))
        .values(folded=sa.bindparam("to"))
    )
    for first in range(0, len(named), _AT_ONCE):
        some = named[first : first + _AT_ONCE]
        connection.execute(statement, [{"of": k, "to": _folded(n)} for k, n in some])


def _folded(name: str) -> str:
    flat = name.lower().replace("œ", "oe").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", flat)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
