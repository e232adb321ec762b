"""The form of a subtype: its metadata and its rules grow row after row, without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from web.parapheur import words
from web.typed import clean, text
from workflows.parapheur import choosing
from workflows.parapheur.choosing import NotATable, Rule, Unreadable
from workflows.parapheur.models import CONFIDENTIAL, FolderSubtype

MOST_FIELDS, MOST_RULES = 40, 60
BUTTONS = ("_ajouter_champ", "_retirer_champ", "_monter_champ", "_ajouter_regle",
           "_retirer_regle", "_monter_regle", "_ajouter_variable")  # fmt: skip


@dataclass
class Shown:
    """What the form shows. `problem` says why the rules are not a list; they are kept."""

    values: dict[str, str]
    fields: list[dict[str, Any]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    deposit: list[str] = field(default_factory=list)
    problem: str = ""


def turns(form: Mapping[str, str]) -> bool:
    """Whether a button only changes what the form shows."""
    return any(name in form for name in BUTTONS)


def of(subtype: FolderSubtype | None) -> Shown:
    """The form of a subtype as it is, or of one that is to come."""
    if subtype is None:
        return Shown({"visibilite": CONFIDENTIAL})
    act = subtype.transmission or {}
    values = {
        "nom": subtype.name,
        "circuit": subtype.circuit or "",
        "circuit_creation": subtype.creation_circuit or "",
        "cachet": subtype.seal or "",
        "visibilite": subtype.visibility,
        "delai": str(subtype.working_days or ""),
        "rappel": str(subtype.reminder_days or ""),
        "enchaine": str(subtype.chained_to or ""),
        "acte_nature": str(act.get("nature") or ""),
        "acte_matiere": ".".join(str(one) for one in act.get("matter") or []),
        "acte_piece": str(act.get("document_type") or ""),
    }
    shown = Shown(
        values, list(subtype.metadata_fields), deposit=list(subtype.deposit_roles)
    )
    if subtype.selection:
        try:
            shown.rules = choosing.read(subtype.selection, subtype.metadata_fields)
        except NotATable as other:
            shown.problem = str(other)
    shown.variables = list(
        dict.fromkeys(name for rule in shown.rules for name in rule.desks)
    )
    return shown


def shown(form: Any, subtype: FolderSubtype | None) -> Shown:
    """The form as it was sent, with what its button asks done to it."""
    made = Shown(clean(form), _fields(form), deposit=form.getlist("depot"))
    made.variables = form.getlist("variable")
    made.rules = _rules(form, made.fields, made.variables)
    if subtype is not None and subtype.selection:
        made.problem = of(subtype).problem
    _turn(made.fields, form, "champ", {"key": "", "label": "", "kind": "text", "values": [], "required_at": []}, MOST_FIELDS)  # fmt: skip
    _turn(made.rules, form, "regle", Rule({}, ""), MOST_RULES)
    name = text(form, "nouvelle_variable")
    if "_ajouter_variable" in form and name.isidentifier() and name not in made.variables:
        made.variables.append(name)
        made.values["nouvelle_variable"] = ""
    return made


def facts(form: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The columns of a subtype as the form says, and what is wrong by input."""
    errors = dict[str, str]()
    asked = _fields(form)
    keys = [one["key"] for one in asked]
    for number, one in enumerate(asked):
        told = _("Donnée %(n)s", n=number + 1)
        if not one["label"]:
            errors[f"champ-nom-{number}"] = _("%(field)s : donnez-lui un nom.", field=told)
        if not one["key"].isidentifier() or keys.count(one["key"]) > 1:
            errors[f"champ-cle-{number}"] = _("%(field)s : une clé de lettres, de chiffres et de _, qu’aucune autre n’a.", field=told)  # fmt: skip
        if one["kind"] == "choice" and not one["values"]:
            errors[f"champ-valeurs-{number}"] = _("%(field)s : écrivez les choix, séparés par des points-virgules.", field=told)  # fmt: skip
    days = _count(form, "delai")
    if days is None:
        errors["delai"] = _("Délai : un nombre de jours ouvrés, de 1 à 999.")
    reminder = _count(form, "rappel")
    if reminder is None:
        errors["rappel"] = _("Rappel : un nombre de jours, de 1 à 999.")
    elif reminder and days == 0:
        errors["rappel"] = _("Rappel : donnez aussi un délai, dont il se compte.")
    visibility = form.get("visibilite", "")
    if visibility not in words.VISIBILITIES:
        errors["visibilite"] = _("Visibilité : choisissez dans la liste.")
    found = {
        "name": text(form, "nom"),
        "circuit": form.get("circuit") or None,
        "creation_circuit": form.get("circuit_creation") or None,
        "metadata_fields": asked,
        "seal": text(form, "cachet")[:60] or None,
        "deposit_roles": form.getlist("depot"),
        "visibility": visibility,
        "working_days": days or None,
        "reminder_days": reminder or None,
        "chained_to": _uuid(form.get("enchaine", "")),
        "transmission": _transmission(form),
    }
    if "regles_gardees" not in form:
        found["selection"] = _selection(form, asked, errors)
    return found, errors


def _count(form: Any, name: str) -> int | None:
    """A number of days from 1 to 999, 0 when nothing is said; None for anything else."""
    said = text(form, name)
    if said and not (said.isascii() and said.isdigit() and 0 < int(said) < 1000):  # noqa: PLR2004
        return None
    return int(said or 0)


def _selection(
    form: Any, asked: Sequence[Mapping[str, Any]], errors: dict[str, str]
) -> str | None:
    rules = _rules(form, asked, form.getlist("variable"))
    for number, rule in enumerate(rules):
        if not rule.circuit:
            errors[f"regle-circuit-{number}"] = _("Règle %(n)s : choisissez un circuit.", n=number + 1)  # fmt: skip
    if not rules or errors:
        return None
    try:
        return choosing.write(rules, asked)
    except Unreadable as wrong:
        errors["regles"] = str(wrong)
        return None


def _transmission(form: Mapping[str, str]) -> dict[str, Any]:
    nature, matter = text(form, "acte_nature"), text(form, "acte_matiere")
    numbers = [int(part) for part in matter.split(".") if part.isascii() and part.isdigit()]
    found = {
        "nature": int(nature) if nature.isascii() and nature.isdigit() else None,
        "matter": numbers,
        "document_type": text(form, "acte_piece")[:10],
    }
    return {name: value for name, value in found.items() if value}


def _fields(form: Any) -> list[dict[str, Any]]:
    """The metadata of the form, in their order."""
    found = []
    for number in form.getlist("champ")[:MOST_FIELDS]:
        kind = form.get(f"champ-genre-{number}", "text")
        values = [
            v.strip() for v in text(form, f"champ-valeurs-{number}").split(";") if v.strip()
        ]
        label = text(form, f"champ-nom-{number}")[:120]
        one: dict[str, Any] = {
            "key": text(form, f"champ-cle-{number}")[:60],
            "label": label,
            "kind": kind if kind in words.FIELD_KINDS else "text",
            "values": values if kind == "choice" else [],
            "required_at": [
                m for m in form.getlist(f"champ-quand-{number}") if m in words.MOMENTS
            ],
        }
        if usual := text(form, f"champ-defaut-{number}")[:200]:
            one["default"] = (
                {"oui": True, "non": False}.get(usual, usual)
                if kind == "boolean"
                else usual
            )
        found.append(one)
    return found


def _rules(
    form: Any, asked: Sequence[Mapping[str, Any]], variables: Sequence[str]
) -> list[Rule]:
    return [
        Rule(
            {
                one["key"]: said
                for one in asked
                if (said := text(form, f"regle-si-{number}-{one['key']}")[:200])
            },
            form.get(f"regle-circuit-{number}", ""),
            {
                name: role
                for name in variables
                if (role := form.get(f"regle-bureau-{number}-{name}", ""))
            },
        )
        for number in form.getlist("regle")[:MOST_RULES]
    ]


def _turn(
    rows: list[Any], form: Mapping[str, str], of_what: str, new: Any, most: int
) -> None:
    """Add, remove or move a row, as the button pressed says."""
    gone, up = form.get(f"_retirer_{of_what}", ""), form.get(f"_monter_{of_what}", "")
    if f"_ajouter_{of_what}" in form and len(rows) < most:
        rows.append(new)
    elif gone.isascii() and gone.isdigit() and int(gone) < len(rows):
        del rows[int(gone)]
    elif up.isascii() and up.isdigit() and 0 < int(up) < len(rows):
        place = int(up)
        rows[place - 1], rows[place] = rows[place], rows[place - 1]


def _uuid(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
