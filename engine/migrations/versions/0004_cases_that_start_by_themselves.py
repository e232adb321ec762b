"""Cases that start by themselves, and signals between cases"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "start_timer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("definition_id", sa.Uuid(), nullable=False),
        sa.Column("element_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("expression", sa.Text(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("every", sa.JSON(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("retry_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name=op.f("fk_start_timer_definition_id_process_definition"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_start_timer")),
    )
    op.create_index(op.f("ix_start_timer_due_at"), "start_timer", ["due_at"])
    op.create_index(op.f("ix_start_timer_key"), "start_timer", ["key"])
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=True),
        sa.Column("thrown_at", MOMENT, nullable=False),
        sa.Column("reached", sa.Uuid(), nullable=True),
        sa.Column("spread_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_signal_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_signal_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal")),
    )
    op.create_index(
        op.f("ix_signal_thrown_at"),
        "signal",
        ["thrown_at"],
        postgresql_where=sa.text("spread_at IS NULL"),
        sqlite_where=sa.text("spread_at IS NULL"),
    )
    op.create_table(
        "signal_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=True),
        sa.Column("definition_id", sa.Uuid(), nullable=True),
        sa.Column("element_id", sa.String(length=200), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["signal_id"], ["signal.id"], name=op.f("fk_signal_delivery_signal_id_signal")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_signal_delivery_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["process_definition.id"],
            name=op.f("fk_signal_delivery_definition_id_process_definition"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signal_delivery")),
    )
    for column in ("due_at", "instance_id", "signal_id"):
        op.create_index(op.f(f"ix_signal_delivery_{column}"), "signal_delivery", [column])
    with op.batch_alter_table("message", schema=None) as message:
        message.add_column(sa.Column("retry_at", MOMENT, nullable=True))
    with op.batch_alter_table("message_subscription", schema=None) as subscription:
        subscription.add_column(
            sa.Column(
                "kind", sa.String(length=20), nullable=False, server_default="message"
            )
        )
        subscription.add_column(sa.Column("organisation_id", sa.Uuid(), nullable=True))
        subscription.add_column(sa.Column("since", MOMENT, nullable=True))
        subscription.create_foreign_key(
            op.f("fk_message_subscription_organisation_id_organisation"),
            "organisation",
            ["organisation_id"],
            ["id"],
        )
        subscription.create_index(
            "ix_message_subscription_signal",
            ["organisation_id", "name", "instance_id"],
            postgresql_where=sa.text("kind = 'signal'"),
            sqlite_where=sa.text("kind = 'signal'"),
        )


def downgrade() -> None:
    """Migrations go forward only: restore a backup to go back."""
    raise NotImplementedError
