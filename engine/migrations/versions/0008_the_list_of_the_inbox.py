"""The list of the inbox: by step and by age, named views, columns, habits

Cases are found by who applied too.
"""

import sqlalchemy as sa
from alembic import op

from engine.words import words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = ["organisation_id", "role"]
STEP = [*ROLE, "key", "element_id"]
URGENCY, SINCE = ["due_at", "opened_at", "id"], ["opened_at", "id"]
ORDERS = {"since": [*ROLE, *SINCE], "at": [*STEP, *URGENCY], "at_since": [*STEP, *SINCE]}
WHOSE = {"to_take": "NULL", "taken": "NOT NULL"}


def upgrade() -> None:
    for name, whose in WHOSE.items():
        for order, columns in ORDERS.items():
            condition = f"status = 'open' AND assignee_id IS {whose}"
            _index(f"ix_user_task_{name}_{order}", "user_task", columns, condition)
    _index(
        "ix_user_task_snoozed",
        "user_task",
        ["assignee_id", "follow_up_at"],
        "status = 'open' AND follow_up_at IS NOT NULL",
    )
    op.drop_index("ix_case_follower_open", "case_follower")
    _index(
        "ix_case_follower_open",
        "case_follower",
        ["person_id", "since", "instance_id"],
        "closed_at IS NULL",
    )
    _tables()
    with op.batch_alter_table("case_variable") as batch_op:
        batch_op.add_column(sa.Column("written", sa.String(100)))
    _name_applicants()


def _index(name: str, table: str, columns: list[str], condition: str) -> None:
    kept = sa.text(condition)
    op.create_index(name, table, columns, postgresql_where=kept, sqlite_where=kept)


def _tables() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid()),
        sa.Column("role", sa.String(100)),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_saved_view_person_id_person"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name="fk_saved_view_organisation_id_organisation",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
    )
    op.create_index("ix_saved_view_person_id", "saved_view", ["person_id"])
    _index("ix_saved_view_shared", "saved_view", ROLE, "role IS NOT NULL")
    op.create_table(
        "list_columns",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_list_columns_person_id_person"
        ),
        sa.PrimaryKeyConstraint("person_id", "key", name="pk_list_columns"),
    )
    op.create_table(
        "habits",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("density", sa.String(20), nullable=False),
        sa.Column("keyboard", sa.Boolean(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("open_next", sa.Boolean(), nullable=False),
        sa.Column("view_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_habits_person_id_person"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_habits"),
    )


def _name_applicants() -> None:
    """The words of each company's name and its SIRET, for the cases it has filed."""
    connection = op.get_bind()
    companies = connection.execute(
        sa.text(
            "SELECT id, name, siret FROM organisation WHERE EXISTS "
            "(SELECT 1 FROM process_instance WHERE applicant_id = organisation.id)"
        )
    ).all()
    for company, name, siret in companies:
        for word in dict.fromkeys(words(f"{name} {siret or ''}")):
            connection.execute(_ONE_WORD, {"company": company, "word": word[:100]})


_ONE_WORD = sa.text(
    "INSERT INTO case_variable (instance_id, name, text, organisation_id, started_at) "
    "SELECT i.id, 'case.title', CAST(:word AS VARCHAR(100)), i.organisation_id, i.started_at "
    "FROM process_instance i WHERE i.applicant_id = :company AND NOT EXISTS "
    "(SELECT 1 FROM case_variable v WHERE v.instance_id = i.id "
    "AND v.name = 'case.title' AND v.text = CAST(:word AS VARCHAR(100)))"
)
