"""Last days of the acts that waited before they were noted"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

WITHIN = 15
_ARTICLES = {
    1: "CGCT, art. L2131-2",
    2: "CGCT, art. L2131-2",
    3: "CGCT, art. L2131-1 et L2131-2",
    4: "CGCT, art. L2131-13",
    5: "CGCT, art. L2131-2 et L1612-8",
    6: "CGCT, art. L2131-3",
}
"""By nature of acts, as `obligations.dmn` said when this was written; none confirmed."""
_WITHIN_DAYS = (3, 4, 5)
_UNJUDGED = "article = '' AND state IN ('prepared', 'sent', 'anomaly')"


def upgrade() -> None:
    later = (
        f"decided_on + {WITHIN}"
        if op.get_bind().dialect.name == "postgresql"
        else f"date(decided_on, '+{WITHIN} days')"
    )
    for nature, article in _ARTICLES.items():
        due = later if nature in _WITHIN_DAYS else "NULL"
        op.execute(
            f"UPDATE legality_act SET due_on = {due}, article = '{article}', "
            f"confirmed = false WHERE nature = {nature} AND {_UNJUDGED}"
        )
