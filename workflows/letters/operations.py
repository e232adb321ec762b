"""Letters: a template of the procedure and the facts of a case make a text to send.

A template is `<name>.letter.md`: Markdown whose first line is the subject (`# …`), with
places `{{ FEEL }}`. What comes from the case is written as plain text, never as Markdown;
a list becomes a list. A place without a value stops the letter: none leaves with a hole.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from engine import clock, definitions, feel
from engine.operations import operation
from forms import Form
from forms.recap import RecapPage
from workflows.territory import lookups

PLACE = re.compile(r"\{\{(.+?)\}\}", re.DOTALL)
GAP = re.compile(r"\n{3,}")
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
LINE_MARK = re.compile(r"^(\d*)([-+=.)])")


@operation
def compose(
    *,
    template: str,
    case: dict[str, Any],
    recipient: dict[str, Any],
    data: dict[str, Any] | None = None,
    signatory: str | None = None,
    signed_by: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a letter of the case's own procedure version.

    A template sees `case`, `sender`, `recipient`, `today` and what `data` holds. The sender
    is the body that owns the case, completed by its parameter `contact` {service, address,
    email, phone, place, signatory}. `signed_by` is who completed the step by which it was
    decided: when they did so in the place of somebody, the signature says it. Returns what `rendering.letter` takes: {title, body,
    sender, recipient, reference, place_and_date, signatory, kind, file_name}. Raises
    ValueError, in French, for an unknown template or a place without a value.
    """
    found = _template(case, template)
    return _composed(template, found, case, recipient, data, signatory, signed_by)


def draft(
    name: str, template: str, arguments: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A letter as `compose` would write it with these arguments, from a text not yet saved.

    A place without a value is shown by its expression between brackets, and told in the
    list of sentences. Raises ValueError when the text is no letter.
    """
    holes: list[str] = []
    given = {key: arguments.get(key) for key in ("data", "signatory", "signed_by")}
    case, recipient = arguments["case"], arguments["recipient"]
    return _composed(name, template, case, recipient, **given, holes=holes), holes


def _composed(
    name: str,
    template: str,
    case: dict[str, Any],
    recipient: dict[str, Any],
    data: dict[str, Any] | None,
    signatory: str | None,
    signed_by: dict[str, Any] | None,
    holes: list[str] | None = None,
) -> dict[str, Any]:
    contact = (case.get("parameters") or {}).get("contact") or {}
    sender = _known({**_address_of(case["organisation"]), **contact})
    recipient = _known(recipient)
    context = {
        **(data or {}),
        "case": case,
        "sender": sender,
        "recipient": recipient,
        "today": clock.today(),
    }
    title, body = _filled(name, template, context, holes)
    return {
        "title": title,
        "body": body,
        "sender": sender,
        "recipient": recipient,
        "reference": case["number"],
        "place_and_date": _place_and_date(contact.get("place")),
        "signatory": _signature(signatory or contact.get("signatory"), signed_by),
        "kind": name,
        "file_name": _file_name(title, case["number"]),
    }


@operation
def recapitulate(
    *, case: dict[str, Any], form: str, values: dict[str, Any]
) -> dict[str, Any]:
    """Lay out a filed form, as it was asked and answered, for the case's file.

    Returns what `rendering.recap` takes: {title, reference, subtitle, sections, sender,
    kind, file_name}. Raises ValueError, in French, for a form the procedure has not.
    """
    compiled = definitions.compiled_form(UUID(case["definition"]), form)
    if compiled is None:
        raise ValueError(f"Le formulaire « {form} » n'existe pas dans cette procédure.")
    pages = Form.from_json(compiled).recap(values, lookups=lookups())
    title = f"Demande déposée : {case['procedure']}"
    return {
        "title": title,
        "reference": case["number"],
        "subtitle": f"Déposée le {_day(clock.today())}",
        "sections": [section(page) for page in pages],
        "sender": _known(_address_of(case["organisation"])),
        "kind": form,
        "file_name": _file_name(title, case["number"]),
    }


def _signature(usual: str | None, signed_by: dict[str, Any] | None) -> str | None:
    """Who signs: as usual, unless somebody signed in the place of another."""
    replaced = (signed_by or {}).get("on_behalf_of")
    if not signed_by or not replaced:
        return usual
    lines = [usual.rstrip() if usual else "", f"En l’absence de {replaced['name']},"]
    if reference := replaced.get("delegation"):
        lines.append(f"par délégation de signature ({reference}),")
    return "\n".join(line for line in [*lines, signed_by["name"]] if line)


def _file_name(title: str, number: str) -> str:
    """What the document is, as whoever downloads it would call it."""
    return f"{title}.pdf" if number in title else f"{title}, {number}.pdf"


def faults(content: bytes) -> Iterator[str]:
    """What keeps a template from ever making a letter, in sentences."""
    try:
        template = content.decode()
    except UnicodeDecodeError:
        yield "Ce courrier n'est pas un texte en UTF-8."
        return
    if not template.startswith("# "):
        yield "La première ligne doit être « # objet »."
    for place in PLACE.finditer(template):
        expression = place[1].strip()
        try:
            feel.compile(expression)
        except feel.FeelError as error:
            where = f"Ligne {_line(template, place)}"
            yield f"{where} : « {expression} » ne peut pas être lu. {error}"


def section(page: RecapPage) -> dict[str, Any]:
    """A page of answers as `rendering` draws it."""
    return {
        "title": page.label,
        "rows": [
            {"label": row.label, "value": row.value or [file.name for file in row.files]}
            for row in page.rows
            if row.kind in {"text", "files"}
        ],
        "tables": [
            {
                "title": row.label,
                "columns": list(row.table.headers),
                "rows": [list(cells) for cells in row.table.rows],
            }
            for row in page.rows
            if row.table
        ],
    }


def _template(case: dict[str, Any], name: str) -> str:
    content = definitions.file(UUID(case["definition"]), f"{name}.letter.md")
    if content is None:
        raise ValueError(f"Le courrier « {name} » n'existe pas dans cette procédure.")
    return content.decode()


def _filled(
    name: str,
    template: str,
    context: dict[str, Any],
    holes: list[str] | None = None,
) -> tuple[str, str]:
    """The subject and the body. Raises ValueError at a hole, unless `holes` gathers them."""
    if not template.startswith("# "):
        raise ValueError(f"Courrier « {name} » : la première ligne doit être « # objet ».")
    subject, _, body = template.partition("\n")

    def written(place: re.Match[str]) -> str:
        line, expression = _line(template, place), place[1].strip()
        try:
            where = f"Courrier « {name} », ligne {line}"
            return _value(where, expression, context)
        except ValueError as hole:
            if holes is None:
                raise
            holes.append(str(hole))
            return f"\\[{_escaped(expression)}\\]"

    title = PLACE.sub(written, subject.removeprefix("# ")).strip()
    return _unescaped(title), GAP.sub("\n\n", PLACE.sub(written, body)).strip()


def _line(template: str, place: re.Match[str]) -> int:
    return template[: template.find(place[0])].count("\n") + 1


def _value(where: str, expression: str, context: dict[str, Any]) -> str:
    try:
        found = feel.compile(expression).diagnose(context)
    except feel.FeelError as error:
        raise ValueError(
            f"{where} : « {expression} » ne peut pas être lu. {error}"
        ) from error
    if found.value is None:
        why = " ".join(found.notes)
        raise ValueError(f"{where} : « {expression} » n'a pas de valeur. {why}".strip())
    if isinstance(found.value, list):
        return "\n".join(f"- {_text(where, expression, one)}" for one in found.value)
    return _text(where, expression, found.value)


def _text(where: str, expression: str, value: Any) -> str:
    match value:
        case str():
            return _escaped(value)
        case bool():
            return "oui" if value else "non"
        case Decimal():
            return f"{value:f}".replace(".", ",")
        case date() | datetime():
            return _day(value)
        case _:
            raise ValueError(f"{where} : « {expression} » ne donne pas un texte.")


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is; its line breaks stay."""
    return "  \n".join(
        LINE_MARK.sub(r"\1\\\2", MARKDOWN.sub(r"\\\1", line.strip()))
        for line in text.splitlines()
    )


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _address_of(organisation: dict[str, Any]) -> dict[str, Any]:
    return {key: organisation.get(key) for key in ("name", "address", "email", "phone")}


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}


def _place_and_date(place: str | None) -> str:
    day = _day(clock.today())
    return f"{place}, le {day}" if place else f"Le {day}"


def _day(day: date) -> str:
    return str(feel.compile("format date(it)").evaluate({"it": day}))
