"""A certificate is confirmed for each body that it signs for"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was confirmed stays so, for the body where it was."""
    with op.batch_alter_table("signing_certificate") as batch_op:
        batch_op.drop_constraint("pk_signing_certificate", type_="primary")
        batch_op.create_primary_key(
            "pk_signing_certificate", ["sha256", "person_id", "organisation_id"]
        )
