"""What a body sets for a procedure: the fields that the procedure reads, found in its files.

A diagram, a table or a letter reads them as `case.parameters.name`; the value that it takes
otherwise (`if … != null then … else 10000`) is shown beside. How to reach the body is always
among them. What the owner set says whether a value is a number.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import definitions
from engine.models import ProcessDefinition, db
from engine.subscriptions import ProcedureParameters
from forms.numbers import Wrong, edit, read
from web.typed import text

_READ = re.compile(rb"case\.parameters\.([a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)*)")
_NUMBER = re.compile(
    rb"case\.parameters\.([a-z0-9_.]+)(?: |&#32;)+else(?: |&#32;)+([0-9]+(?:\.[0-9]+)?)"
)
_CONTACT = ("service", "address", "email", "phone", "place", "signatory")
LONGEST = 2000

_LABELS = {
    "contact.service": lazy_gettext("Service à joindre"),
    "contact.address": lazy_gettext("Adresse postale"),
    "contact.email": lazy_gettext("Courriel du service"),
    "contact.phone": lazy_gettext("Téléphone"),
    "contact.place": lazy_gettext("Lieu de signature"),
    "contact.signatory": lazy_gettext("Signataire"),
    "payment.account": lazy_gettext("Compte sur lequel les aides sont versées"),
    "payment.function": lazy_gettext("Fonction budgétaire des versements"),
    "floor": lazy_gettext("Montant plancher"),
    "public_share": lazy_gettext("Part publique maximale, en %%"),
    "waiting_months": lazy_gettext("Délai de carence, en mois"),
}


@dataclass(frozen=True)
class Field:
    """One thing to set: `usual` is what the procedure takes when nothing is."""

    path: str
    label: str
    value: str
    usual: str
    number: bool
    long: bool

    @property
    def name(self) -> str:
        """Its name in the form."""
        return "p-" + self.path


def fields(definition: ProcessDefinition, organisation_id: UUID) -> list[Field]:
    """What a body may set for a version, with what it has set."""
    own = flat(_values(definition.key, organisation_id))
    owners = flat(_values(definition.key, definition.owner_id))
    found, usual = _asked(definition.id)
    paths = dict.fromkeys(
        [*(f"contact.{name}" for name in _CONTACT), *sorted({*found, *owners, *own})]
    )
    return [
        Field(
            path,
            str(_LABELS.get(path, path)).replace("%%", "%"),
            _shown(own.get(path)),
            usual.get(path, ""),
            _counts(path, usual, owners, own),
            path in {"contact.address", "contact.signatory"},
        )
        for path in paths
        if not any(other.startswith(f"{path}.") for other in paths)
    ]


def _values(key: str, organisation_id: UUID) -> Mapping[str, Any]:
    row = db.session.get(ProcedureParameters, (key, organisation_id))
    return row.values if row else {}


def _asked(definition_id: UUID) -> tuple[set[str], dict[str, str]]:
    """The paths that a version's files read, and the numbers they take otherwise."""
    paths, usual = set[str](), dict[str, str]()
    for name in definitions.file_names(definition_id):
        if name.endswith((".bpmn", ".dmn", ".md", ".json")):
            content = definitions.file(definition_id, name) or b""
            paths |= {path.decode() for path in _READ.findall(content)}
            usual |= {p.decode(): n.decode() for p, n in _NUMBER.findall(content)}
    return paths, usual


def _counts(path: str, usual: Mapping[str, str], *known: Mapping[str, Any]) -> bool:
    return path in usual or any(
        isinstance(values.get(path), int | float) for values in known
    )


def _shown(value: Any) -> str:
    return edit(value) if isinstance(value, int | float) else str(value or "")


def flat(values: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Nested values by their dotted paths."""
    found = dict[str, Any]()
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        else:
            found[above + name] = value
    return found


def typed(
    asked: Iterable[Field], form: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The values to keep, what was typed by field, and what is wrong by field."""
    values, said, problems = dict[str, Any](), dict[str, str](), dict[str, str]()
    for field in asked:
        said[field.name] = typed_text = text(form, field.name)
        if not typed_text:
            continue
        if len(typed_text) > LONGEST:
            problems[field.name] = _(
                "%(label)s : %(n)s caractères au plus.", label=field.label, n=LONGEST
            )
            continue
        try:
            _keep(values, field.path, read(typed_text) if field.number else typed_text)
        except Wrong as wrong:
            problems[field.name] = f"{field.label} : {wrong}."
    return values, said, problems


def _keep(values: dict[str, Any], path: str, value: Any) -> None:
    *above, name = path.split(".")
    for one in above:
        values = values.setdefault(one, {})
    values[name] = value
