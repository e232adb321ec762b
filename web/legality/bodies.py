"""For which body an agent looks at acts, when they read those of several."""

from uuid import UUID

from flask import abort, request
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import Actor, allowed
from engine.directory import Organisation, resolve
from engine.models import db
from web.auth import acting_for
from web.typed import text
from workflows.legality import rules


def readable(actor: Actor) -> list[Organisation]:
    """The bodies whose acts this person reads, or sets up, by name."""
    ids = {*rules.bodies(actor), *actor.organisations(rules.BOOK_KEEPER)}
    found = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    return list(db.session.scalars(found)) if ids else []


def chosen(actor: Actor) -> tuple[Organisation, list[Organisation]]:
    """The body that the address names, else the one acted for; with all that may be named.

    404 for a body that is not one of theirs.
    """
    found = readable(actor)
    if not found:
        abort(403)
    if said := text(request.values, "organisme"):
        named = resolve(said)
        if named is None or named.id not in {one.id for one in found}:
            abort(404)
        return named, found
    present = acting_for()
    here = [one for one in found if present and one.id == present.id]
    return (here or found)[0], found


def reference(body: Organisation) -> str:
    """How an address names a body."""
    return body.slug or str(body.id)


def other(body: Organisation, found: list[Organisation]) -> str | None:
    """What an address must say of the body: nothing when there is only one."""
    return reference(body) if len(found) > 1 else None


def rooms(actor: Actor, body: Organisation) -> list[tuple[str, str, str]]:
    """The rooms of acts that are open to this person: (name, label, endpoint)."""
    reads = [
        ("acts", _("Registre"), "act_register.index"),
        ("letters", _("Courriers de la préfecture"), "letters.index"),
    ]
    sets_up = [("classification", _("Classification et réglages"), "classification.show")]
    return [
        *(reads if allowed(actor, "read acts", body) else []),
        *(sets_up if allowed(actor, "set up acts", body) else []),
    ]


def known(organisation_id: UUID) -> Organisation:
    """A body by its id, or 404."""
    return db.session.get(Organisation, organisation_id) or abort(404)
