"""The forms of a trial: shown and judged as those of a real task, and their files not kept."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from werkzeug.datastructures import FileStorage, MultiDict

from engine.directory import APPLICANT
from forms import FieldError, FileRef, Form, PageView, Reading, uploads
from web.designer.trying import Trial
from workflows.territory import lookups

HELD = "_held"
_SHA256 = re.compile(r"[0-9a-f]{64}")
MOST_HELD = 100
LONGEST_NAME = 255


@dataclass(frozen=True)
class Asked:
    """What a person is asked in a trial: a task of theirs, or the request that starts it."""

    element: str
    name: str
    role: str
    form: Form | None
    values: Mapping[str, Any]
    context: Mapping[str, Any]
    starts: bool

    def view(self, outcome: Reading | None = None) -> PageView | None:
        """The form to show, with what was typed."""
        if self.form is None:
            return None
        seen = outcome or Reading(dict(self.values))
        return self.form.view(
            None, seen.values, reading=seen, context=self.context, lookups=lookups()
        )

    def read(
        self, typed: MultiDict[str, str], files: MultiDict[str, FileStorage]
    ) -> Reading | None:
        """What was typed, judged as a submission when it is one; None without a form."""
        if self.form is None:
            return None
        came, refused = _received(self.form, files)
        found = self.form.read(
            {name: typed.getlist(name) for name in typed},
            files=came,
            held=[
                *_held(typed.get(HELD, "")),
                *(f for some in came.values() for f in some),
            ],
            previous=self.values,
            draft="_submit" not in typed,
            context=self.context,
            lookups=lookups(),
        )
        return Reading(found.values, (*refused, *found.errors), found.actions, found.raw)

    def step(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The step of the story that these answers are."""
        if self.starts:
            return {"start": values}
        return {"task": self.element, "as": self.role, "values": values}


def asked(trial: Trial, element: str, at_start: str) -> Asked | None:
    """What is asked at an element, if something is."""
    if trial.refused or "now" not in trial.state:
        return None
    if not trial.state.get("case"):
        start = trial.start
        if not start["by_hand"] or element != at_start:
            return None
        form, context = trial.form(start["form"]), start["context"]
        values = form.prefill({}, context) if form else {}
        role = start["role"] or APPLICANT
        return Asked(start["element"], "", role, form, values, context, starts=True)
    task = trial.task(element)
    if task is None:
        return None
    form, context = trial.form(task["form"]), task["context"]
    known = context.get(task["into"]) if task["into"] else None
    values = form.prefill(known or {}, context) if form else {}
    return Asked(element, task["name"], task["role"], form, values, context, starts=False)


def _received(
    form: Form, files: MultiDict[str, FileStorage]
) -> tuple[dict[str, list[FileRef]], list[FieldError]]:
    """The files that came, as values name them: checked, and not kept."""
    came: dict[str, list[FileRef]] = {}
    refused = []
    for name in files:
        question = form.question(name)
        for upload in files.getlist(name):
            if not upload.filename or question is None or not question.is_file:
                continue
            checked = uploads.check(
                upload.filename, upload.stream, max_size=form.max_file_size
            )
            if checked.problems:
                refused.append(FieldError(name, question.label, " ".join(checked.problems)))
                continue
            upload.stream.seek(0)
            content = upload.stream.read()
            came.setdefault(name, []).append(
                {
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "name": checked.name,
                    "media_type": checked.media_type,
                    "size": len(content),
                }
            )
    return came, refused


def held_of(outcome: Reading | None) -> str:
    """The files of a form that is shown again, so that it still knows them."""
    return orjson.dumps(list(_files_in(outcome.values if outcome else {}))).decode()


def _files_in(value: Any) -> Any:
    """Every file that values name, wherever it is."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            if {"sha256", "name", "media_type", "size"} <= one.keys():
                yield one
            else:
                waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _held(text: str) -> list[FileRef]:
    """The files that the page knew; nothing of what is not one."""
    try:
        found = orjson.loads(text or "[]")
    except orjson.JSONDecodeError:
        return []
    return (
        [one for one in found[:MOST_HELD] if _is_file(one)]
        if isinstance(found, list)
        else []
    )


def _is_file(one: Any) -> bool:
    if not isinstance(one, dict) or one.keys() != {"sha256", "name", "media_type", "size"}:
        return False
    texts = all(
        isinstance(one[k], str) and len(one[k]) <= LONGEST_NAME
        for k in ("name", "media_type")
    )
    digest = isinstance(one["sha256"], str) and _SHA256.fullmatch(one["sha256"]) is not None
    return texts and digest and isinstance(one["size"], int) and one["size"] >= 0
