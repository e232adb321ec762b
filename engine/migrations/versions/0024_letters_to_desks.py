"""Letters go to desks, acts say by when they are due, terms are read in one order"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_AWAITED = sa.text("state IN ('prepared', 'sent', 'anomaly')")


def upgrade() -> None:
    with op.batch_alter_table("legality_account") as table:
        table.add_column(
            sa.Column("to_issuer", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("letter_desks", sa.JSON(), nullable=False, server_default="[]")
        )
        table.add_column(sa.Column("reply_subtype_id", sa.Uuid()))
    with op.batch_alter_table("legality_act") as table:
        table.add_column(
            sa.Column("desk", sa.String(100), nullable=False, server_default="")
        )
        table.add_column(sa.Column("due_on", sa.Date()))
        table.add_column(
            sa.Column("article", sa.String(120), nullable=False, server_default="")
        )
        table.add_column(
            sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.create_index(
        "ix_legality_act_due",
        "legality_act",
        ["organisation_id", "due_on", "id"],
        sqlite_where=_AWAITED,
        postgresql_where=_AWAITED,
    )
    op.drop_index(
        "ix_legality_act_organisation_id_state_decided_on_id", table_name="legality_act"
    )
    with op.batch_alter_table("legality_letter") as table:
        table.add_column(
            sa.Column(
                "role", sa.String(100), nullable=False, server_default="legality_officer"
            )
        )
    _order_terms()


def _order_terms() -> None:
    """Write the terms again, kept in the order in which they are read."""
    columns = "act_id, term, organisation_id, decided_on"
    op.execute(f"CREATE TABLE legality_term_before AS SELECT {columns} FROM legality_term")
    op.drop_table("legality_term")
    op.create_table(
        "legality_term",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("term", sa.String(60), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["legality_act.id"], name="fk_legality_term_act_id_legality_act"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_legality_term_organisation_id_organisation",
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id", "term", "decided_on", "act_id", name="pk_legality_term"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_legality_term_act_id", "legality_term", ["act_id"])
    columns = "organisation_id, term, decided_on, act_id"
    of_act = "SELECT organisation_id, {}, decided_on, id FROM legality_act WHERE {}"
    of_term = (
        "SELECT t.organisation_id, {}, t.decided_on, t.act_id FROM legality_term_before t"
        " JOIN legality_act a ON a.id = t.act_id WHERE {}"
    )
    shown, facet = "shown_on IS NOT NULL", "(term LIKE 'matter:%' OR term LIKE 'nature:%')"
    for rows in (
        of_term.format("t.term", f"a.{shown} OR t.term NOT LIKE 'p:%'"),
        of_term.format("'p:' || t.term", f"a.{shown} AND {facet}"),
        of_act.format("'state:' || state", "1 = 1"),
        of_act.format("'p:'", shown),
    ):
        op.execute(f"INSERT INTO legality_term ({columns}) {rows}")
    op.drop_table("legality_term_before")
