"""What a subtype asks to be said of a folder: read from a form, and told."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from engine.models import UserTask
from web.typed import text
from workflows.parapheur.metadata import required
from workflows.parapheur.models import FolderSubtype

LONGEST = 500


def read(
    form: Mapping[str, str],
    subtype: FolderSubtype,
    moment: str,
    task: UserTask | None = None,
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that a form gives at a moment (deposit, approval, refusal), and what is
    wrong by the name of the input. Those that the moment or the step asks are mandatory.
    """
    values, errors = dict[str, Any](), dict[str, str]()
    mandatory = {one["key"] for one in required(subtype, moment, task)}
    for one in subtype.metadata_fields:
        name, asked = f"donnee-{one['key']}", one["key"] in mandatory
        if name not in form and not asked:
            continue
        said = _said(form, name)
        if not said:
            if asked and one["kind"] != "boolean":
                errors[name] = _("%(field)s : à renseigner.", field=one["label"])
            elif asked:
                values[one["key"]] = False
            continue
        value, problem = _value(one, said)
        if problem:
            errors[name] = problem
        else:
            values[one["key"]] = value
    return values, errors


def told(
    fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """What was said, in French, in the order of the subtype."""
    return [
        (one["label"], _word(one["kind"], values[one["key"]]))
        for one in fields
        if values.get(one["key"]) not in (None, "")
    ]


def told_again(
    fields: Sequence[Mapping[str, Any]], values: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Values that were given back, those that were empty among them."""
    return [
        (one["label"], dict(told([one], values)).get(one["label"], _("vide")))
        for one in fields
        if one["key"] in values
    ]


def _said(form: Mapping[str, str], name: str) -> str:
    """The last answer of a name: a box that is ticked comes after its empty one."""
    answers = form.getlist(name) if hasattr(form, "getlist") else [form.get(name, "")]
    return text({name: answers[-1] if answers else ""}, name)


def _value(one: Mapping[str, Any], said: str) -> tuple[Any, str]:
    label = one["label"]
    if len(said) > LONGEST:
        return None, _("%(field)s : 500 caractères au plus.", field=label)
    match one["kind"]:
        case "boolean":
            return said == "oui", ""
        case "choice":
            if said not in one.get("values", ()):
                return None, _("%(field)s : choisissez dans la liste.", field=label)
        case "date":
            try:
                return date.fromisoformat(said).isoformat(), ""
            except ValueError:
                return None, _("%(field)s : un jour, par exemple 31/12/2026.", field=label)
        case "number":
            try:
                number = Decimal(
                    said.replace(",", ".").replace(" ", "").replace("\u202f", "")
                )
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite() or abs(number) > 10**15:
                return None, _("%(field)s : un nombre, par exemple 1250,50.", field=label)
            plain = format(number, "f")
            return (int(number) if "." not in plain else float(plain)), ""
    return said, ""


def _word(kind: str, value: Any) -> str:
    if kind == "boolean":
        return str(_("Oui") if value else _("Non"))
    if kind == "date":
        try:
            return str(format_date(date.fromisoformat(str(value)), "long"))
        except ValueError:
            return str(value)
    if kind == "number" and isinstance(value, int | float):
        return str(format_decimal(value))
    return str(value)
