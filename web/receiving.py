"""Receiving files: each is checked, scanned and stored before anything is written of it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, StoredFile
from engine.access import Actor
from engine.commands import drafts
from engine.documents import Document
from engine.models import db
from forms import FieldError, FileRef, Form, uploads
from forms.characters import printable


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
            label = form.label_of(name)
            stored, problem = _keep(upload, form.max_file_size)
            if stored is None:
                refused.append(FieldError(name, label, problem))
                continue
            title = printable(label or stored.name)
            kind = printable(name[:100])
            drafts.attach(draft_id, stored, kind=kind, title=title[:300], actor=actor)
            kept[name].append(reference(stored))
    return kept, refused


def reference(file: StoredFile | Document) -> dict[str, Any]:
    """A stored file as form values name it."""
    return {
        "sha256": file.sha256,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
    }


def _keep(upload: FileStorage, max_size: int) -> tuple[StoredFile | None, str]:
    """One file stored, or why not; partners are asked with no transaction open."""
    checked = uploads.check(upload.filename or "", upload.stream, max_size=max_size)
    if checked.problems:
        return None, " ".join(checked.problems)
    db.session.rollback()
    partners = current_app.extensions["partners"]
    try:
        verdict = partners["antivirus"].scan(upload.stream)
        upload.stream.seek(0)
        if not verdict.clean:
            return None, _(
                "« %(name)s » contient un virus (%(threat)s) : il n'a pas été gardé. "
                "Choisissez un autre fichier.",
                name=checked.name,
                threat=verdict.threat,
            )
        stored = partners["storage"].put(
            upload.stream, name=checked.name, media_type=checked.media_type
        )
    except Refused as error:
        return None, str(error)
    except ConnectorError:
        return None, _(
            "« %(name)s » n'a pas pu être vérifié. Réessayez dans quelques minutes : le "
            "reste de votre saisie est gardé.",
            name=checked.name,
        )
    return stored, ""
