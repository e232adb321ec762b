"""Documents of a company's vault, offered beside each file question and joined when chosen."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from flask import flash, request
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from engine import vault
from engine.access import Actor, Forbidden
from engine.commands.vault import NotInVault, attach
from engine.directory import APPLICANT
from engine.errors import DraftFull
from engine.models import UserTask
from engine.vault import VaultDocument
from forms import FieldError, FileRef, Form
from forms.answers import KEPT, stranger
from forms.characters import printable
from forms.dates import show_date
from web.receiving import FULL, reference

MOST = 200
"""Documents offered beside a question: the latest ones."""

_AT_ONCE = 50  # joined by one submission

Found = Mapping[str, list[FileRef]]


def offered(organisation_id: UUID, task: UserTask | None) -> list[tuple[str, str]]:
    """What may be joined to a form (value, label): nothing when an officer fills it in."""
    if task is not None and task.role != APPLICANT:
        return []
    kinds = vault.kinds()
    found = sorted(
        vault.latest(organisation_id, MOST),
        key=lambda one: list(kinds).index(one.kind) if one.kind in kinds else len(kinds),
    )
    return [(str(one.id), _label(one)) for one in found]


def _label(document: VaultDocument) -> str:
    kind = vault.kinds().get(document.kind)
    name = document.title
    if kind and document.kind != vault.OTHER and kind.name not in name:
        name = f"{kind.name} : {name}"
    if document.expires_on is None:
        return name
    end = show_date(document.expires_on.isoformat())
    told = "expiré le" if document.state == "expired" else "valide jusqu’au"
    return f"{name} ({told} {end})"


def join(draft_id: UUID, form: Form, actor: Actor) -> tuple[Found, list[FieldError]]:
    """The references of those chosen, by field, and a sentence for each that is not there."""
    joined = defaultdict[str, list[FileRef]](list)
    refused: list[FieldError] = []
    chosen = [
        (field.removeprefix(KEPT), value)
        for field in request.form
        if field.startswith(KEPT)
        for value in request.form.getlist(field)
        if value
    ]
    for name, value in chosen[:_AT_ONCE]:
        question = form.question(name)
        if question is None or not question.is_file:
            refused.append(stranger(name))
            continue
        try:
            _document, kept = attach(
                draft_id,
                UUID(value),
                kind=printable(name[:100]),
                title=printable(question.label or "")[:300],
                actor=actor,
                reserved=question.is_reserved,
            )
        except DraftFull:
            refused.append(FieldError(name, question.label, str(FULL)))
        except (ValueError, NoResultFound, Forbidden, NotInVault):
            gone = _("Ce document n’est plus dans votre coffre : choisissez-en un autre.")
            refused.append(FieldError(name, question.label, gone))
        else:
            joined[name].append(reference(kept.file))
            _warn(kept)
    return joined, refused


def _warn(document: VaultDocument) -> None:
    if document.state == "expired":
        end = format_date(document.expires_on, "medium")
        flash(
            _(
                "« %(title)s » a expiré le %(date)s. Vous pouvez le déposer, mais le service "
                "verra qu’il a expiré : mieux vaut joindre un document récent.",
                title=document.title,
                date=end,
            ),
            "warning",
        )


def together(one: Found, other: Found) -> Found:
    """The files of both, by field."""
    return {
        name: [*one.get(name, ()), *other.get(name, ())]
        for name in [*one, *(name for name in other if name not in one)]
    }
