"""Trials of drafts: one story for each person and draft"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "trial_story",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("played", sa.String(64), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["procedure_draft.id"],
            name="fk_trial_story_draft_id_procedure_draft",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_trial_story_person_id_person"
        ),
        sa.PrimaryKeyConstraint("draft_id", "person_id", name="pk_trial_story"),
    )
