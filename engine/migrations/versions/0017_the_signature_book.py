"""The signature book: its desks, kinds of folders, folders, files and acts"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _to(table: str, column: str, other: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.{key}"], name=f"fk_{table}_{column}_{other}"
    )


def _only(condition: str) -> dict[str, sa.TextClause]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _index(table: str, *columns: str, name: str = "", **more: sa.TextClause) -> None:
    op.create_index(name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), **more)


def upgrade() -> None:
    page = sa.Column("page", sa.String(40), nullable=False, server_default="")
    kind = sa.Column("kind", sa.String(20), nullable=False, server_default="absence")
    op.add_column("user_task", page)
    op.add_column("absence", kind)
    _typology()
    _folders()
    _files()


def _typology() -> None:
    op.create_table(
        "parapheur_desk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(100), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("title", sa.String(200), nullable=False, server_default=""),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        _to("parapheur_desk", "organisation_id", "organisation"),
        _to("parapheur_desk", "parent_id", "parapheur_desk"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_desk"),
        sa.UniqueConstraint(
            "organisation_id", "role", name="uq_parapheur_desk_organisation_id_role"
        ),
    )
    _index("parapheur_desk", "parent_id")
    op.create_table(
        "parapheur_type",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("protocol", sa.String(10), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("visible", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("position", sa.JSON(), nullable=False),
        sa.Column("place", sa.String(100), nullable=False, server_default=""),
        sa.Column("closed_at", _MOMENT),
        _to("parapheur_type", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_type"),
        sa.UniqueConstraint(
            "organisation_id", "slug", name="uq_parapheur_type_organisation_id_slug"
        ),
    )
    op.create_table(
        "parapheur_subtype",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("scope", sa.String(200), nullable=False),
        sa.Column("creation_circuit", sa.String(200)),
        sa.Column("circuit", sa.String(200)),
        sa.Column("selection", sa.Text()),
        sa.Column("metadata_fields", sa.JSON(), nullable=False),
        sa.Column("seal", sa.String(60)),
        sa.Column("deposit_roles", sa.JSON(), nullable=False),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("working_days", sa.Integer()),
        sa.Column("chained_to", sa.Uuid()),
        sa.Column("transmission", sa.JSON(), nullable=False),
        sa.Column("closed_at", _MOMENT),
        _to("parapheur_subtype", "chained_to", "parapheur_subtype"),
        _to("parapheur_subtype", "type_id", "parapheur_type"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_subtype"),
        sa.UniqueConstraint("type_id", "slug", name="uq_parapheur_subtype_type_id_slug"),
    )
    _index("parapheur_subtype", "scope")


def _folders() -> None:
    op.create_table(
        "parapheur_folder",
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("subtype_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("folded", sa.String(600), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("author_id", sa.Uuid()),
        sa.Column("author_role", sa.String(100), nullable=False),
        sa.Column("origin", sa.String(60), nullable=False),
        sa.Column("external_id", sa.String(200)),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("visibility", sa.String(20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(300), nullable=False, server_default=""),
        sa.Column("refused_for", sa.Text(), nullable=False, server_default=""),
        sa.Column("deposited_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("chained_from", sa.Uuid()),
        _to("parapheur_folder", "author_id", "person"),
        _to("parapheur_folder", "instance_id", "process_instance"),
        _to("parapheur_folder", "organisation_id", "organisation"),
        _to("parapheur_folder", "subtype_id", "parapheur_subtype"),
        sa.PrimaryKeyConstraint("instance_id", name="pk_parapheur_folder"),
        sa.UniqueConstraint("code", name="uq_parapheur_folder_code"),
        sa.UniqueConstraint(
            "organisation_id",
            "origin",
            "external_id",
            name="uq_parapheur_folder_organisation_id_origin_external_id",
        ),
    )
    _index(
        "parapheur_folder",
        "organisation_id",
        "author_role",
        "state",
        "deposited_at",
        "instance_id",
        name="ix_parapheur_folder_author",
    )
    _index(
        "parapheur_folder",
        "organisation_id",
        "due_at",
        "instance_id",
        name="ix_parapheur_folder_due",
        **_only("state = 'in_progress' AND due_at IS NOT NULL"),
    )
    _index(
        "parapheur_folder",
        "organisation_id",
        "deposited_at",
        "instance_id",
        name="ix_parapheur_folder_latest",
    )
    _index(
        "parapheur_folder",
        "organisation_id",
        "state",
        "deposited_at",
        "instance_id",
        name="ix_parapheur_folder_state",
    )
    _index(
        "parapheur_folder",
        "organisation_id",
        "subtype_id",
        "deposited_at",
        "instance_id",
        name="ix_parapheur_folder_subtype",
    )
    op.create_table(
        "parapheur_folder_desk",
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(100), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _to("parapheur_folder_desk", "instance_id", "parapheur_folder", "instance_id"),
        _to("parapheur_folder_desk", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("instance_id", "role", name="pk_parapheur_folder_desk"),
    )
    _index(
        "parapheur_folder_desk",
        "organisation_id",
        "role",
        "standing",
        "at",
        "instance_id",
        name="ix_parapheur_folder_desk_list",
    )
    op.create_table(
        "parapheur_reading",
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _to("parapheur_reading", "instance_id", "parapheur_folder", "instance_id"),
        _to("parapheur_reading", "person_id", "person"),
        sa.PrimaryKeyConstraint("instance_id", "person_id", name="pk_parapheur_reading"),
    )
    op.create_table(
        "parapheur_opinion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(100), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asking_role", sa.String(100), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("favourable", sa.Boolean()),
        sa.Column("given_by", sa.Uuid()),
        sa.Column("given_at", _MOMENT),
        _to("parapheur_opinion", "asked_by", "person"),
        _to("parapheur_opinion", "given_by", "person"),
        _to("parapheur_opinion", "instance_id", "parapheur_folder", "instance_id"),
        _to("parapheur_opinion", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_opinion"),
    )
    _index("parapheur_opinion", "instance_id")
    _index(
        "parapheur_opinion",
        "organisation_id",
        "role",
        "asked_at",
        name="ix_parapheur_opinion_waiting",
        **_only("given_at IS NULL"),
    )
    op.create_table(
        "parapheur_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("step", sa.String(300), nullable=False),
        sa.Column("task_id", sa.Uuid()),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("role", sa.String(100), nullable=False),
        sa.Column("on_behalf_of", sa.Uuid()),
        sa.Column("delegation", sa.Text(), nullable=False),
        sa.Column("mention", sa.String(300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("private_note", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("undone_by", sa.Uuid()),
        _to("parapheur_act", "instance_id", "parapheur_folder", "instance_id"),
        _to("parapheur_act", "on_behalf_of", "person"),
        _to("parapheur_act", "person_id", "person"),
        _to("parapheur_act", "undone_by", "parapheur_act"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_act"),
        sa.UniqueConstraint("instance_id", "seq", name="uq_parapheur_act_instance_id_seq"),
    )
    _index("parapheur_act", "person_id", "at")
    _index("parapheur_act", "task_id")


def _files() -> None:
    op.create_table(
        "parapheur_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("document_type", sa.String(10), nullable=False, server_default=""),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("signs_id", sa.Uuid()),
        sa.Column("position_of_stamp", sa.JSON(), nullable=False),
        _to("parapheur_file", "instance_id", "parapheur_folder", "instance_id"),
        _to("parapheur_file", "signs_id", "parapheur_file"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_file"),
        sa.UniqueConstraint(
            "instance_id", "position", name="uq_parapheur_file_instance_id_position"
        ),
    )
    op.create_table(
        "parapheur_annotation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("x", sa.Double(), nullable=False),
        sa.Column("y", sa.Double(), nullable=False),
        sa.Column("width", sa.Double(), nullable=False),
        sa.Column("height", sa.Double(), nullable=False),
        sa.Column("text", sa.String(512), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(100), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT),
        _to("parapheur_annotation", "file_id", "parapheur_file"),
        _to("parapheur_annotation", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_annotation"),
    )
    _index("parapheur_annotation", "file_id", "page")
    op.create_table(
        "parapheur_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid()),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("withdrawn_at", _MOMENT),
        _to("parapheur_version", "act_id", "parapheur_act"),
        _to("parapheur_version", "document_id", "document"),
        _to("parapheur_version", "file_id", "parapheur_file"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_version"),
        sa.UniqueConstraint(
            "file_id", "number", name="uq_parapheur_version_file_id_number"
        ),
    )
    _index("parapheur_version", "document_id")
    op.create_table(
        "parapheur_signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("format", sa.String(10), nullable=False),
        sa.Column("level", sa.String(10), nullable=False),
        sa.Column("quality", sa.String(12), nullable=False),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("issuer", sa.String(400), nullable=False),
        sa.Column("serial", sa.String(80), nullable=False),
        sa.Column("valid_from", _MOMENT, nullable=False),
        sa.Column("valid_to", _MOMENT, nullable=False),
        sa.Column("signed_at", _MOMENT),
        sa.Column("timestamped_at", _MOMENT),
        sa.Column("indication", sa.String(60), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        _to("parapheur_signature", "version_id", "parapheur_version"),
        sa.PrimaryKeyConstraint("id", name="pk_parapheur_signature"),
    )
    _index("parapheur_signature", "version_id")
