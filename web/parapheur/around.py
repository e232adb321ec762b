"""The folders before and after one, in the list it was opened from; the next after an act."""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import url_for

from engine.actors import Actor, Role
from engine.models import db
from web.parapheur import asking, listing
from web.parapheur.asking import PARAMETERS, Choices
from workflows.parapheur.models import Desk

LONGEST = 400


@dataclass(frozen=True)
class Around:
    """Where a folder is in its list; addresses are empty at its ends."""

    back: str
    before: str
    after: str
    place: int
    total: int


def said(desk: Desk, tray: str, params: dict[str, str]) -> str:
    """A list, as the address of a folder names it."""
    return f"{desk.id}/{tray}?{urlencode(params)}"[:LONGEST]


def of(folder_id: UUID, liste: str | None, actor: Actor) -> Around | None:
    """What is around a folder; None when it was not opened from a list."""
    found = _listed(liste, actor)
    if found is None:
        return None
    back, ids = found
    if folder_id not in ids:
        return Around(back, "", "", 0, 0)
    place = ids.index(folder_id)
    before = _address(ids[place - 1], liste) if place else ""
    after = _address(ids[place + 1], liste) if place + 1 < len(ids) else ""
    return Around(back, before, after, place + 1, len(ids))


def after(folder_id: UUID, liste: str | None, actor: Actor) -> str:
    """Where to go once a folder has been acted on: the next one, else its list."""
    found = _listed(liste, actor)
    if found is None:
        return url_for("parapheur_folders.show", folder_id=folder_id)
    back, ids = found
    if folder_id in ids:
        place = ids.index(folder_id)
        others = ids[place + 1 :] or ids[:place]
        return _address(others[0], liste) if others else back
    return _address(ids[0], liste) if ids else back


def _address(folder_id: UUID, liste: str | None) -> str:
    return url_for("parapheur_folders.show", folder_id=folder_id, liste=liste)


def _listed(liste: str | None, actor: Actor) -> tuple[str, list[UUID]] | None:
    """The address of the list, and its folders; None when it makes no sense for this person."""
    where, _mark, query = (liste or "")[:LONGEST].partition("?")
    desk_id, _slash, tray = where.partition("/")
    found = _seat(desk_id, actor) if tray in listing.TRAYS else None
    if found is None:
        return None
    desk, role = found
    params = {
        n: v for n, v in parse_qsl(query) if n in PARAMETERS or n.startswith("donnee-")
    }
    asked = asking.read(params, Choices(desk.organisation_id))
    back = asked.address("parapheur.desk", desk_id=desk.id, state=tray)
    return back, listing.order_ids(role, tray, asked)


def _seat(desk_id: str, actor: Actor) -> tuple[Desk, Role] | None:
    try:
        desk = db.session.get(Desk, UUID(desk_id))
    except ValueError:
        return None
    role = listing.role_at(desk, actor) if desk else None
    return (desk, role) if desk and role else None
