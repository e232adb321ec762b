"""The public register of acts: one a body, searched by anyone, with what may be downloaded.

Under the host of a body its register alone is there. Only acts that are published, stand and
were not taken off are shown, and only the documents chosen to be public.
"""

from collections.abc import Iterable
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import exists, select

from engine.access import Actor
from engine.directory import COMPANY, Organisation, resolve
from engine.models import db
from engine.words import words as split
from web.auth import public
from web.branding import hosts
from web.legality import act_form, bodies, listing, serving, words
from web.navigation import Item, offer
from web.paging import bounded
from web.typed import page_number, text
from workflows.legality import accounts, watching
from workflows.legality.models import LegalityAct, LegalityDocument
from workflows.legality.search import acts

bp = Blueprint("registry", __name__, url_prefix="/registre")

PER_PAGE = 20
FED = 50
"""Acts of the feed: the latest."""


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Anyone may read the acts of a body."""
    if actor.person_id is None:
        yield Item(
            _("Actes publiés"),
            "registry.index",
            icon="journal-text",
            about=_("Délibérations, arrêtés et décisions de votre collectivité."),
        )


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """The bodies that publish acts here; under the host of one, its own register."""
    look = hosts.look()
    if look is not None:
        own = bodies.known(look.organisation_id)
        return redirect(url_for(".acts_of", body=bodies.reference(own)))
    said = text(request.args, "q")[:100]
    publishing = exists().where(
        LegalityAct.organisation_id == Organisation.id, LegalityAct.shown_on.is_not(None)
    )
    rows = select(Organisation.id).where(
        Organisation.kind != COMPANY, Organisation.closed_at.is_(None), publishing
    )
    for word in split(said)[:5]:
        rows = rows.where(Organisation.folded.contains(word, autoescape=True))
    order = (Organisation.name, Organisation.id)
    page = bounded(
        [rows.order_by(*order)],
        select(Organisation).order_by(*order),
        id=Organisation.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "legality/registry.html", page=page, typed=said, reference=bodies.reference
    )


@bp.get("/<body>")
@public
def acts_of(body: str) -> ResponseReturnValue:
    """The published acts of a body, searched and filtered, the latest decided first."""
    owner = _body(body)
    said = listing.typed()
    return render_template(
        "legality/public.html",
        body=owner,
        reference=bodies.reference(owner),
        typed=said,
        page=listing.page(owner.id, listing.understood(said, public=True), PER_PAGE),
        asked=act_form.asked(owner.id),
        kept=listing.kept,
        words=words,
    )


@bp.get("/<body>/flux.atom")
@public
def feed(body: str) -> ResponseReturnValue:
    """The latest acts of a body, for readers of news; those that name people aside."""
    owner = _body(body)
    ids = acts(owner.id, listing.understood(listing.typed(), public=True))
    rows = (
        select(LegalityAct)
        .where(
            LegalityAct.id.in_(ids.limit(FED)),
            LegalityAct.names_people.is_(False),
            LegalityAct.shown_on.is_not(None),
        )
        .order_by(LegalityAct.decided_on.desc(), LegalityAct.id.desc())
    )
    written = render_template(
        "legality/feed.atom",
        body=owner,
        reference=bodies.reference(owner),
        acts=list(db.session.scalars(rows)),
    )
    return Response(written, mimetype="application/atom+xml")


@bp.get("/<body>/<uuid:act_id>")
@public
def show(body: str, act_id: UUID) -> ResponseReturnValue:
    """One published act; one that names people asks not to be indexed."""
    owner, act = _act(body, act_id)
    known = accounts.current(owner.id)
    labels = {one["code"]: one["label"] for one in known.matters} if known else {}
    answer = make_response(
        render_template(
            "legality/public_act.html",
            body=owner,
            reference=bodies.reference(owner),
            act=act,
            matter=labels.get(act.matter, ""),
            documents=watching.public_documents(act),
            words=words,
        )
    )
    if act.names_people:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


@bp.get("/<body>/<uuid:act_id>/<uuid:document_id>")
@public
def document(body: str, act_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """A public document of a published act; the stamped copy of the act when there is one."""
    _owner, act = _act(body, act_id)
    found = {one.id: one for one in watching.public_documents(act)}
    chosen: LegalityDocument = found.get(document_id) or abort(404)
    stamped = watching.stamped_copy(act) if chosen.kind == "act" else None
    answer = make_response(serving.deliver(stamped or chosen.document, public=True))
    if act.names_people:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _body(said: str) -> Organisation:
    """The body of the address; under a body's own host, no other."""
    found = resolve(said[:100])
    look = hosts.look()
    if (
        found is None
        or found.kind == COMPANY
        or (look and look.organisation_id != found.id)
    ):
        abort(404)
    return found


def _act(said: str, act_id: UUID) -> tuple[Organisation, LegalityAct]:
    owner = _body(said)
    act = db.session.get(LegalityAct, act_id)
    if act is None or act.organisation_id != owner.id or act.shown_on is None:
        abort(404)
    return owner, act
