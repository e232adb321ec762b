"""Keep what people want of their inbox: views, columns, habits; and note what they export."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete

from engine import clock, journal
from engine.access import Actor, require
from engine.directory import Person
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
from engine.worklists import (
    LONGEST_NAME,
    MOST_VIEWS,
    Habits,
    ListColumns,
    SavedView,
    habits,
    kept_by,
)


class TooManyViews(EngineError):
    """This person keeps as many views as one may."""


class NameRefused(EngineError):
    """A view has a name of one to eighty characters, unlike the keeper's other views."""


def save_view(
    name: str,
    asked: Mapping[str, str],
    columns: Sequence[str],
    *,
    actor: Actor,
    shared: tuple[UUID, str] | None = None,
) -> UUID:
    """Keep a view, for oneself or shared with a role that one holds; returns its id.

    Raises Forbidden, NameRefused, TooManyViews.
    """
    require(actor, "handle")
    view = SavedView(
        id=uuid4(), name=name.strip(), asked=dict(asked), columns=list(columns),
        person_id=_known(actor),
    )  # fmt: skip
    with transaction():
        mine = kept_by(_alone(actor))
        if len(mine) >= MOST_VIEWS:
            raise TooManyViews
        _named(view, mine)
        _share(view, shared, actor)
        db.session.add(view)
    return view.id


def change_view(
    view_id: UUID,
    *,
    actor: Actor,
    name: str | None = None,
    asked: Mapping[str, str] | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Rename a view, or have it ask something else. Raises Forbidden, NameRefused."""
    with transaction():
        view = lock(SavedView, view_id)
        require(actor, "change", view)
        if name is not None:
            view.name = name.strip()
            others = [v for v in kept_by(view.person_id) if v.id != view.id]
            _named(view, others)
        if asked is not None:
            view.asked, view.columns = dict(asked), list(columns or [])
        view.saved_at = clock.now()


def share_view(view_id: UUID, shared: tuple[UUID, str] | None, *, actor: Actor) -> None:
    """Share a view with a role that one holds, or keep it to oneself. Raises Forbidden."""
    with transaction():
        view = lock(SavedView, view_id)
        require(actor, "change", view)
        _share(view, shared, actor)


def take_view_over(view_id: UUID, *, actor: Actor) -> None:
    """Become the keeper of a shared view whose keeper has left the role.

    Raises Forbidden, NameRefused (one keeps a view of that name), TooManyViews.
    """
    with transaction():
        view = lock(SavedView, view_id)
        require(actor, "take over", view)
        mine = kept_by(_alone(actor))
        if len(mine) >= MOST_VIEWS:
            raise TooManyViews
        _named(view, mine)
        view.person_id = _known(actor)


def delete_view(view_id: UUID, *, actor: Actor) -> None:
    """Forget a view: one's own, or one whose keeper has left the role. Raises Forbidden."""
    with transaction():
        view = lock(SavedView, view_id)
        require(actor, "delete", view)
        db.session.delete(view)


def open_with(view_id: UUID | None, *, actor: Actor) -> None:
    """Have the inbox open with a view; with none, as it does for everyone. Raises Forbidden."""
    with transaction():
        if view_id is not None:
            require(actor, "see", db.session.get_one(SavedView, view_id))
        _habits(actor).view_id = view_id


def set_habits(actor: Actor, **chosen: Any) -> None:
    """Keep how a person works: `density`, `keyboard`, `preview`, `open_next`. Raises Forbidden."""
    require(actor, "handle")
    with transaction():
        kept = _habits(actor)
        for name, value in chosen.items():
            setattr(kept, name, value)


def choose_columns(key: str, columns: Sequence[str] | None, *, actor: Actor) -> None:
    """Keep the columns of a procedure's tasks; None: those of everyone. Raises Forbidden."""
    require(actor, "handle")
    with transaction():
        place = (_alone(actor), key)
        if columns is None:
            chosen = ListColumns.person_id == place[0], ListColumns.key == key
            db.session.execute(delete(ListColumns).where(*chosen))
            return
        kept = db.session.get(ListColumns, place)
        if kept is None:
            kept = ListColumns(person_id=place[0], key=key)
            db.session.add(kept)
        kept.columns = list(columns)


def note_export(asked: Mapping[str, str], rows: int, form: str, *, actor: Actor) -> None:
    """Write in the journal who exported which list, and how long it was. Raises Forbidden."""
    require(actor, "handle")
    with transaction():
        journal.write(
            f"person:{actor.person_id}",
            "list_exported",
            by=actor.person_id,
            detail={"asked": dict(asked), "rows": rows, "format": form},
        )


def _known(actor: Actor) -> UUID:
    """The id of a person who may do something: a visitor never gets this far."""
    assert actor.person_id is not None
    return actor.person_id


def _alone(actor: Actor) -> UUID:
    """Their id, once nobody else keeps anything for this person until the commit."""
    lock(Person, _known(actor))
    return _known(actor)


def _habits(actor: Actor) -> Habits:
    kept = habits(_alone(actor))
    db.session.add(kept)
    return kept


def _named(view: SavedView, others: Sequence[SavedView]) -> None:
    long = not 1 <= len(view.name) <= LONGEST_NAME
    if long or view.name.casefold() in {one.name.casefold() for one in others}:
        raise NameRefused


def _share(view: SavedView, shared: tuple[UUID, str] | None, actor: Actor) -> None:
    view.organisation_id, view.role = shared or (None, None)
    if shared is not None:
        require(actor, "share", view)
