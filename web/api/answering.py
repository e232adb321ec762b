"""The answers to a form that a request carries: its values, its files, and their judgement."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from connectors import StoredFile
from engine import api_keys
from engine.access import Actor
from engine.commands import api_keys as commands
from engine.commands import drafts
from engine.documents import digests_in
from forms import FieldError, Form, Reading
from forms.characters import printable
from web import receiving as files
from web.api import keyed
from web.api.problems import Fault, Problem, wrong
from web.api.wording import worded
from workflows.territory import lookups

Values = dict[str, Any]


def with_files(values: Values, sent: Mapping[str, list[StoredFile]]) -> Values:
    """The values, with the files that came under the names of their questions.

    Raises Problem for a name that leads nowhere in the values.
    """
    for name, stored in sent.items():
        for file in stored:
            commands.keep_upload(file, organisation_id=keyed.key().organisation_id)
            _place(values, name, files.reference(file))
    return values


def _place(values: Values, name: str, file: Mapping[str, Any]) -> None:
    where: Any = values
    *path, last = name.split(".")
    try:
        for part in path:
            where = (
                where[int(part)] if isinstance(where, list) else where.setdefault(part, {})
            )
        held = where.setdefault(last, [])
        held.append(file)
    except (AttributeError, IndexError, TypeError, ValueError):
        sentence = _("Ce nom de fichier ne correspond à aucune question des valeurs.")
        raise wrong("bad-file", f"/{name}", sentence) from None


def judged(
    form: Form | None,
    values: Values,
    context: Mapping[str, Any],
    *,
    held: Mapping[str, Any] | None = None,
    draft: bool = False,
) -> Reading:
    """The values judged as the form judges what people type.

    A file is named by its SHA-256: one sent ahead by the organisation, or one of those
    `held` already.
    """
    if form is None:
        strangers = tuple(FieldError(name, name, "") for name in values)
        return Reading({}, tuple(_stranger(one) for one in strangers))
    ahead = api_keys.uploads(keyed.key().organisation_id, set(digests_in(values)))
    known = {"held": held or {}, "ahead": [files.reference(one) for one in ahead]}
    return form.check(
        values,
        previous={"": known},  # the files that may be named; no question has this name
        draft=draft,
        context=context,
        lookups=lookups(),
    )


def _stranger(error: FieldError) -> FieldError:
    sentence = _("Il n’y a rien à remplir ici : envoyez « values » vide.")
    return FieldError(error.path, error.label, sentence)


def checked(reading: Reading) -> Values:
    """Clean values. Raises Problem with everything to put right, each with its place."""
    if reading.errors:
        raise Problem(422, "bad-values", errors=faults(reading))
    return reading.values


def faults(reading: Reading) -> list[Fault]:
    """What is to be put right in the values."""
    return [
        Fault(
            where="body",
            pointer="/values/" + error.path.replace("~", "~0").replace(".", "/"),
            label=error.label,
            message=worded(error.message),
        )
        for error in reading.errors
    ]


def attach(draft_id: UUID, form: Form | None, values: Values, actor: Actor) -> None:
    """Join to a draft the files sent ahead that its values name. Raises DraftFull."""
    if form is None:
        return
    organisation = keyed.key().organisation_id
    ahead = {
        one.sha256: one for one in api_keys.uploads(organisation, set(digests_in(values)))
    }
    for name, digest in _named(values, ""):
        question, upload = form.question(name), ahead.get(digest)
        if question is None or upload is None:
            continue
        drafts.attach(
            draft_id,
            StoredFile(upload.sha256, upload.name, upload.media_type, upload.size),
            kind=printable(name[:100]),
            title=printable(question.label or upload.name)[:300],
            actor=actor,
            reserved=question.is_reserved,
        )


def _named(values: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every file that values name, with the dotted name of its question."""
    if isinstance(values, Mapping):
        for key, inner in values.items():
            yield from _named(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(values, list):
        for index, inner in enumerate(values):
            if isinstance(inner, Mapping) and isinstance(inner.get("sha256"), str):
                yield name, inner["sha256"]
            else:
                yield from _named(inner, f"{name}.{index}")
