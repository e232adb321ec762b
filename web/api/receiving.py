"""Reads what a request of the API asks and sends, as its operation declares it."""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

import orjson
from flask import request
from flask_babel import gettext as _
from pydantic import ValidationError

from connectors import ConnectorError, Refused, StoredFile
from engine.api_keys import FOLDERS_WRITE
from web import receiving
from web.api import keyed
from web.api.problems import RETRY, Problem, wrong
from web.api.sentences import faults
from web.api.shapes import Shape

MOST_JSON = 4 * 1024 * 1024
"""Bytes of a body of JSON."""

LARGEST = 50 * 1024 * 1024
"""Bytes of one file; its question may accept fewer."""
JSON, MULTIPART = "application/json", "multipart/form-data"

Read = TypeVar("Read", bound=Shape)


def query(shape: type[Read] | None) -> Read | None:
    """What the address asks. Raises Problem, for names that are unknown above all."""
    given = request.args.to_dict(flat=False)
    fields = shape.model_fields if shape else {}
    values: dict[str, Any] = {}
    wrong: list[dict[str, Any]] = []
    for name, texts in given.items():
        if name not in fields:
            wrong.append({"type": "extra_forbidden", "loc": (name,)})
        elif len(texts) > 1:
            wrong.append({"type": "repeated", "loc": (name,)})
        else:
            values[name] = texts[0]
    found = None
    if shape is not None:
        try:
            found = shape.model_validate_strings(values)
        except ValidationError as error:
            wrong += error.errors(include_url=False)  # type: ignore[arg-type]
    if wrong:
        raise Problem(422, "bad-query", errors=faults("query", wrong))
    return found


def body(shape: type[Read], *, multipart: bool) -> Read:
    """What is sent. Raises Problem."""
    if request.mimetype == MULTIPART and multipart:
        return _judged(shape, _part())
    if request.mimetype != JSON:
        raise Problem(415, "bad-format")
    request.max_content_length = MOST_JSON
    return _judged(shape, request.get_data(cache=True))


def _part() -> bytes:
    """The part of JSON, sent as a text or as a file."""
    if (sent := request.files.get("request")) is not None:
        return sent.stream.read(MOST_JSON)
    return request.form.get("request", "").encode()


def _judged(shape: type[Read], sent: bytes) -> Read:
    try:
        orjson.loads(sent)  # stricter than what follows: no NaN, no half characters
    except ValueError:
        sentence = _("Le corps de la requête n’est pas du JSON.")
        raise Problem(400, "bad-json", sentence) from None
    try:
        return shape.model_validate_json(sent, strict=True)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            sentence = _("Le corps de la requête n’est pas du JSON.")
            raise Problem(400, "bad-json", sentence) from None
        found = faults("body", error.errors(include_url=False))
        raise Problem(422, "bad-body", errors=found) from None


def files(but: str = "request") -> Mapping[str, list[StoredFile]]:
    """The files that came with a request, each checked, scanned and stored, by name.

    Raises Problem for the first that cannot be kept.
    """
    return {
        name: [stored(upload, name) for upload in request.files.getlist(name)]
        for name in request.files
        if name != but
    }


def stored(upload: Any, name: str) -> StoredFile:
    """One file that was sent, checked, scanned and stored. Raises Problem.

    A key that deposits folders sends what machines exchange too: a PES, a detached signature.
    """
    machines = FOLDERS_WRITE in keyed.key().scopes
    try:
        return receiving.store(upload, LARGEST, machines=machines)
    except Refused as refused:
        raise wrong("bad-file", f"/{name}", str(refused)) from None
    except ConnectorError:
        sentence = _(
            "Ce fichier n’a pas pu être vérifié : réessayez dans quelques minutes."
        )
        raise Problem(503, "unchecked-file", sentence, headers=RETRY) from None


def digest() -> str:
    """What tells a request from another, however its parts are cut."""
    found = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == MULTIPART:
        for name, text in sorted(request.form.items(multi=True)):
            found.update(f"{name}={text}\n".encode())
        for name, upload in sorted(request.files.items(multi=True), key=lambda one: one[0]):
            content = hashlib.file_digest(upload.stream, "sha256").hexdigest()  # type: ignore[arg-type]
            upload.stream.seek(0)
            found.update(f"{name}={upload.filename}={content}\n".encode())
    else:
        request.max_content_length = MOST_JSON
        found.update(request.get_data(cache=True))
    return found.hexdigest()
