"""What was sent to partners and received from them: listed, shown, taken with a motive."""

from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.commands import looking
from engine.commands.looking import RECEIVED, SENT
from engine.errors import NotWaiting, OperationRefused
from engine.exchanges import Exchange
from engine.models import ProcessInstance, db
from web.attachments import disposition
from web.auth import current_actor, guard
from web.operate import exchanging, words
from web.operate.exchanging import Wanted
from web.operate.filters import Typed
from web.typed import clean, page_number, text

LARGEST = 2**31
"""No exchange has such a number."""

bp = Blueprint("exchanges", __name__, url_prefix="/exploitation/echanges")
bp.context_processor(lambda: {"words": words})


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """The exchanges, the latest first."""
    typed = Typed(request.args)
    wanted = Wanted(
        partner=typed.choice("partenaire", current_app.extensions["partners"]),
        outcome=typed.choice("issue", words.OUTCOMES),
        case=typed.case("numero"),
        call=typed.identifier("cle"),
        first=typed.day("du"),
        last=typed.day("au"),
    )
    page = None if typed.problems else exchanging.page(wanted, page_number())
    shown = render_template(
        "operate/exchanges.html",
        page=page,
        numbers=exchanging.numbers(page.items) if page else {},
        typed=clean(request.args),
        problems=typed.problems,
        partners=current_app.extensions["partners"],
    )
    return (shown, 422) if typed.problems else shown


@bp.get("/<int:exchange_id>")
@guard("operate")
def show(exchange_id: int) -> ResponseReturnValue:
    """One exchange, without what was said in it."""
    return _page(_found(exchange_id))


@bp.post("/<int:exchange_id>/<any(envoye, recu):side>")
@guard("operate")
def take(exchange_id: int, side: str) -> ResponseReturnValue:
    """Take what was sent or received; the case's journal says who did, and why."""
    found = _found(exchange_id)
    asked = SENT if side == "envoye" else RECEIVED
    motive = text(request.form, "motive")
    try:
        kept = looking.read(exchange_id, asked, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _page(found, problem=words.told(refused)), 422
    except NotWaiting:
        return _page(found, problem=_("Ce contenu n’est plus gardé.")), 410
    answer = Response(kept.content, mimetype="application/json")
    name = f"echange-{exchange_id}-{side}.json"
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(exchange_id: int) -> Exchange:
    if exchange_id >= LARGEST:
        abort(404)
    return db.session.get(Exchange, exchange_id) or abort(404)


def _page(exchange: Exchange, **more: Any) -> str:
    return render_template(
        "operate/exchange.html",
        exchange=exchange,
        case=db.session.get_one(ProcessInstance, exchange.call.instance_id),
        sent=looking.of(exchange, SENT),
        received=looking.of(exchange, RECEIVED),
        **more,
    )
