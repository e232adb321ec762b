"""Receiving files: each is checked, scanned and stored before anything is written of it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, StoredFile
from engine.access import Actor
from engine.commands import drafts
from engine.documents import Document
from engine.errors import DraftFull
from engine.models import db
from forms import FieldError, FileRef, Form, uploads
from forms.answers import stranger
from forms.characters import printable
from forms.model import Field

FULL = lazy_gettext(
    "Ce brouillon contient trop de fichiers. Déposez votre demande avec ceux qui sont "
    "demandés, ou supprimez le brouillon et recommencez."
)


def keep_files(
    draft_id: UUID, form: Form, actor: Actor
) -> tuple[Mapping[str, list[FileRef]], list[FieldError]]:
    """The references of the files kept, by field, and a sentence for each one refused."""
    kept = defaultdict[str, list[FileRef]](list)
    refused: list[FieldError] = []
    for name in request.files:
        for upload in request.files.getlist(name):
            if not upload.filename:
                continue
            question = form.question(name)
            if question is None or not question.is_file:
                refused.append(stranger(name))
                break
            machines = any(kind.endswith(("xml", "p7s")) for kind in question.accept)
            stored, problem = _keep(upload, form.max_file_size, machines=machines)
            if stored is not None and not _attach(draft_id, stored, name, question, actor):
                stored, problem = None, FULL
            if stored is None:
                refused.append(FieldError(name, question.label, str(problem)))
                continue
            kept[name].append(reference(stored))
    return kept, refused


def _attach(
    draft_id: UUID, file: StoredFile, name: str, question: Field, actor: Actor
) -> bool:
    """Whether the draft had room for one file more."""
    try:
        drafts.attach(
            draft_id,
            file,
            kind=printable(name[:100]),
            title=printable(question.label or file.name)[:300],
            actor=actor,
            reserved=question.is_reserved,
        )
    except DraftFull:
        return False
    return True


def reference(file: StoredFile | Document) -> dict[str, Any]:
    """A stored file as form values name it."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
    }


def _keep(
    upload: FileStorage, max_size: int, *, machines: bool
) -> tuple[StoredFile | None, str]:
    """One file stored, or why not, for the person who sent it."""
    try:
        return store(upload, max_size, machines=machines), ""
    except Refused as error:
        return None, str(error)
    except ConnectorError:
        return None, _(
            "« %(name)s » n'a pas pu être vérifié. Réessayez dans quelques minutes : le "
            "reste de votre saisie est gardé.",
            name=printable(upload.filename or ""),
        )


def store(upload: FileStorage, max_size: int, *, machines: bool = False) -> StoredFile:
    """Check, scan and store a file; partners are asked with no transaction open.

    `machines` takes XML and detached signatures too. Raises Refused with sentences, ConnectorError when it cannot be scanned now.
    """
    checked = uploads.check(
        upload.filename or "", upload.stream, max_size=max_size, machines=machines
    )
    if checked.problems:
        raise Refused([" ".join(checked.problems)], code="invalid")
    db.session.rollback()
    partners = current_app.extensions["partners"]
    verdict = partners["antivirus"].scan(upload.stream)
    upload.stream.seek(0)
    if not verdict.clean:
        infected = _(
            "« %(name)s » contient un virus (%(threat)s) : il n'a pas été gardé. "
            "Choisissez un autre fichier.",
            name=checked.name,
            threat=verdict.threat,
        )
        raise Refused([infected], code="infected")
    kept: StoredFile = partners["storage"].put(
        upload.stream, name=checked.name, media_type=checked.media_type
    )
    return kept
