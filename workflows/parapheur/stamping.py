"""What is to be signed of each folder, with the stamp that says by whom, and in whose place."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from engine import clock
from engine.access import Actor
from engine.models import UserTask, db
from workflows.parapheur import files
from workflows.parapheur.files import Current
from workflows.parapheur.lots import SigningItem
from workflows.parapheur.mentions import mention
from workflows.parapheur.models import MAIN, Desk, Folder, FolderType

Plain = dict[str, Any]

DEMONSTRATION = "Signature de démonstration"
WIDTH, HEIGHT, MARGIN = 70, 28, 12
"""Of a stamp that nobody placed, in millimetres: at the foot of the last page."""
A4 = 297
COLUMNS = 2


def documents(
    items: Sequence[SigningItem], actor: Actor, *, trial: bool
) -> dict[int, list[Plain]]:
    """The documents of each folder of a lot, by its position, as the connector takes them."""
    current = files.current_of({item.instance_id for item in items})
    folders = _by_id(Folder, Folder.instance_id, [item.instance_id for item in items])
    tasks = _by_id(UserTask, UserTask.id, [item.task_id for item in items])
    titles = _titles(tasks.values())
    made = {}
    for item in items:
        task, folder = tasks[item.task_id], folders[item.instance_id]
        lines = stamp_lines(
            actor, task, titles.get((task.organisation_id, task.role), ""), trial=trial
        )
        made[item.position] = [
            _document(one, folder.subtype.type, task, lines)
            for one in current[item.instance_id]
            if one.file.kind == MAIN
        ]
    return made


def stamp_lines(actor: Actor, task: UserTask, title: str, *, trial: bool) -> list[str]:
    """What a stamp says: who, in what quality, in whose place, when; that it is a show."""
    now = clock.now().astimezone(clock.PARIS)
    lines = [
        actor.name,
        title,
        mention(actor, task),
        f"Signé le {now:%d/%m/%Y} à {now:%H:%M}",
        DEMONSTRATION if trial else "",
    ]
    return [line for line in lines if line]


def _document(
    one: Current, of_type: FolderType, task: UserTask, lines: Sequence[str]
) -> Plain:
    told = one.described()
    made = {name: told[name] for name in ("id", "sha256", "name", "media_type", "format")}
    placed = one.file.position_of_stamp or of_type.position
    stamp = {**_where(placed, one.version.number), "lines": list(lines)}
    return {
        **made,
        "field": f"Signature-{task.id.hex[:12]}",
        "stamp": stamp if of_type.visible else None,
        "place": of_type.place,
        "claimed_role": lines[1] if len(lines) > 1 else "",
    }


def _where(placed: Mapping[str, Any], version: int) -> Plain:
    """Where the author or the type put the stamp; each later one beside the one before."""
    column, row = (version - 1) % COLUMNS, (version - 1) // COLUMNS
    width, height = placed.get("width") or WIDTH, placed.get("height") or HEIGHT
    if placed:
        x, y = placed["x"], placed["y"] - (version - 1) * (height + 2)
        return {"page": placed.get("page", -1), "x": x, "y": max(y, 0),
                "width": width, "height": height}  # fmt: skip
    return {
        "page": -1,
        "x": 210 - MARGIN - width - column * (width + 4),
        "y": max(A4 - MARGIN - height - row * (height + 4), 0),
        "width": width,
        "height": height,
    }


def _titles(tasks: Any) -> dict[tuple[Any, str], str]:
    """The quality written on stamps, by body and desk."""
    roles = {task.role for task in tasks}
    rows = db.session.execute(
        select(Desk.organisation_id, Desk.role, Desk.title).where(Desk.role.in_(roles))
    )
    return {(body, role): title for body, role, title in rows}


def _by_id(kind: Any, key: Any, ids: Sequence[Any]) -> dict[Any, Any]:
    rows = db.session.scalars(select(kind).where(key.in_(set(ids))))
    return {getattr(row, key.key): row for row in rows}
