"""Procedures: which there are, what each asks to begin with, as a JSON Schema and in words."""

from collections.abc import Iterator
from uuid import UUID

import orjson
from flask import Response

from engine import definitions, subscriptions
from engine.access import Actor, allowed
from engine.api_keys import DEFINITIONS_READ
from engine.directory import APPLICANT, Organisation
from engine.models import ProcessDefinition, db
from forms import Form
from forms.model import Computed, Field, Group, Node, Repeat
from web import filling
from web.api import cursors, keyed
from web.api.declaring import operation
from web.api.problems import Problem
from web.api.shapes import Listing, Page, Shape

TAG = "Démarches"


class Body(Shape):
    """An organisation, as others know it."""

    id: UUID
    name: str


class Option(Shape):
    """One possible answer."""

    value: str
    label: str


class Question(Shape):
    """One thing that a form asks. `name` is its path in the values; `*` is any row."""

    name: str
    label: str
    kind: str
    format: str
    required: bool
    hint: str
    page: str
    options: list[Option]


class Definition(Shape):
    """A procedure, in its current version."""

    key: str
    version: int
    name: str
    about: str
    owner: Body
    bodies: list[Body]
    may_start: bool
    form: str | None


class DefinitionInFull(Definition):
    """A procedure, with what its form asks to begin with."""

    questions: list[Question]


@operation(
    "GET", "/definitions", DEFINITIONS_READ, tag=TAG, summary="Lister les démarches",
    about="Les démarches que la clé peut commencer ou dans lesquelles elle travaille, dans l’ordre de leurs clés.",
)  # fmt: skip
def list_definitions(query: Listing) -> Page[Definition]:
    """The procedures that the key may start or work in, in the order of their keys."""
    after = cursors.begun(query.cursor)
    known = sorted(readable(keyed.actor()), key=lambda one: one.key)
    left = [one for one in known if one.key > after]
    rows, following = cursors.cut(left, query, lambda one: [one.key])
    return Page(items=[_told(one) for one in rows], next=following)


@operation(
    "GET", "/definitions/{key}", DEFINITIONS_READ, tag=TAG, problems=(404,),
    summary="Lire une démarche",
    about="Une démarche et les questions de son formulaire, avec leurs libellés et les réponses possibles.",
)  # fmt: skip
def get_definition(key: str) -> DefinitionInFull:
    """A procedure and the questions of its form, with their labels and possible answers."""
    found = of_key(key)
    form = filling.form_to_start(found.id)
    return DefinitionInFull(**_told(found).model_dump(), questions=questions(form))


@operation(
    "GET", "/definitions/{key}/form", DEFINITIONS_READ, tag=TAG, problems=(404,),
    summary="Le formulaire en JSON Schema", media="application/schema+json",
    about="Le JSON Schema (2020-12) des `values` qui commencent un dossier. Il décrit des formes ; ce qui dépend d’autres réponses est jugé quand la demande est envoyée.",
)  # fmt: skip
def get_definition_form(key: str) -> Response:
    """The JSON Schema (2020-12) of the `values` that begin a case.

    It describes shapes; what depends on other answers is judged when the request is sent.
    """
    form = filling.form_to_start(of_key(key).id)
    if form is None:
        raise Problem(404, "no-form")
    return Response(orjson.dumps(form.json_schema()), mimetype="application/schema+json")


def readable(actor: Actor) -> list[ProcessDefinition]:
    """The procedures that somebody may start or work in."""
    bodies = {role.organisation_id for role in actor.handling}
    applies = bool(actor.organisations(APPLICANT))
    return [
        one
        for one in definitions.latest_of_each()
        if one.owner_id in bodies or (applies and one.start_role == APPLICANT)
    ]


def of_key(key: str) -> ProcessDefinition:
    """The current version of a procedure that the key may read. Raises Problem."""
    try:
        found = definitions.latest(key[:200].replace("\0", ""))
    except definitions.UnknownProcedure:
        raise Problem(404, "unknown-procedure") from None
    if found.id not in {one.id for one in readable(keyed.actor())}:
        raise Problem(404, "unknown-procedure")
    return found


def _told(found: ProcessDefinition) -> Definition:
    owner = db.session.get_one(Organisation, found.owner_id)
    asks = filling.form_to_start(found.id) is not None
    return Definition(
        key=found.key,
        version=found.version,
        name=found.name,
        about=found.documentation,
        owner=Body(id=owner.id, name=owner.name),
        bodies=[Body(id=o.body.id, name=o.body.name) for o in subscriptions.offers(found)],
        may_start=allowed(keyed.actor(), "start", found),
        form=f"/api/v1/definitions/{found.key}/form" if asks else None,
    )


def questions(form: Form | None) -> list[Question]:
    """What a form asks, in its order."""
    if form is None:
        return []
    return [
        question for page in form.pages for question in _asked(page.nodes, "", page.label)
    ]


def _asked(nodes: tuple[Node, ...], prefix: str, page: str) -> Iterator[Question]:
    for node in nodes:
        match node:
            case Field():
                yield Question(
                    name=prefix + node.key,
                    label=node.label,
                    kind=node.kind,
                    format=node.format,
                    required=node.required,
                    hint=node.hint,
                    page=page,
                    options=[Option(value=o.value, label=o.label) for o in node.options],
                )
            case Group():
                inner = f"{prefix}{node.path}." if node.path else prefix
                yield from _asked(node.nodes, inner, page)
            case Repeat():
                yield from _asked(node.nodes, f"{prefix}{node.path}.*.", page)
            case Computed() | _:
                pass
