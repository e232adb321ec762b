"""The signatures that files bear today.

A version keeps the facts of what was added by it alone: a file bears those of all its
versions that were not withdrawn, in the order in which they were put.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from engine.models import db
from workflows.parapheur.models import FileSignature, FileVersion

LEVELS = ["", "B-B", "B-T", "B-LT", "B-LTA"]


def borne(file_ids: Iterable[UUID]) -> dict[UUID, list[FileSignature]]:
    """Every signature of these files, by file: one question."""
    found: dict[UUID, list[FileSignature]] = {}
    asked = (
        select(FileVersion.file_id, FileSignature)
        .join(FileSignature, FileSignature.version_id == FileVersion.id)
        .where(FileVersion.file_id.in_(list(file_ids)), FileVersion.withdrawn_at.is_(None))
        .order_by(FileVersion.number, FileSignature.position)
    )
    for file_id, signature in db.session.execute(asked):
        found.setdefault(file_id, []).append(signature)
    return found


def level(one: FileSignature, borne: Sequence[FileSignature]) -> str:
    """The level of a signature today: its own, or what a timestamp over its file gave since."""
    since = borne[borne.index(one) :]
    reached = [it.level for it in since if it is one or it.kind == "timestamp"]
    return max(reached, key=LEVELS.index) if set(reached) <= set(LEVELS) else one.level
