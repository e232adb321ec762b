"""S²LOW's addresses by which an act that was held leaves.

An application asks it, and is answered `OK` or `KO`; or it sends its agent there, with a
nonce in the address and `url_return`: the agent comes with a certificate of their own, which
the trusted proxy verified against the authorities that the office asks for, and is sent back.
"""

from urllib.parse import quote, urlsplit

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from web.security import csrf
from web.transmission.acts import number
from web.transmission.admitting import account, account_only, agent_of, by_nonce
from web.transmission.latin import ko, ok
from workflows.relay import deposits
from workflows.relay.deposits import DepositRefused

PERSONAL = "La télétransmission nécessite un certificat RGS : présentez le vôtre."
FORGED = "Cette adresse de retour demande un nonce : personne d'autre ne fait ce lien."
MOST = 100
_LONGEST = 2000

bp = Blueprint("transmission_confirming", __name__, url_prefix="/modules/actes")
csrf.exempt(bp)


@bp.get("/actes_transac_post_confirm_api.php")
@account_only
def confirm() -> ResponseReturnValue:
    """Let an act leave that its author had held."""
    return _confirmed([number("id")])


@bp.get("/actes_transac_post_confirm_api_multi.php")
@account_only
def confirm_several() -> ResponseReturnValue:
    """The same of several: those that may not leave are left, and told."""
    given = [*request.args.getlist("id[]"), *request.args.getlist("id")][:MOST]
    return _confirmed([number("id", {"id": one}) for one in given])


def _confirmed(ids: list[int]) -> ResponseReturnValue:
    back = request.args.get("url_return", "")
    if not back:
        return _answered(_posted(ids, ""))
    if not by_nonce() or not _leads_back(back):
        return ko(FORGED, 403)
    agent = agent_of(account())
    wrong = _posted(ids, agent.login) if agent else PERSONAL
    back = back.replace("%%ERROR%%", "1" if wrong else "0")
    return redirect(back.replace("%%MESSAGE%%", quote(wrong, encoding="iso-8859-1")))


def _posted(ids: list[int], by: str) -> str:
    """Why some did not leave; nothing when all did."""
    wrong = dict[int, str]()
    for one in ids or [0]:
        try:
            deposits.post_held(account(), one, by=by)
        except DepositRefused as refusal:
            wrong[one] = str(refusal)
    if len(ids) < 2:  # noqa: PLR2004
        return next(iter(wrong.values()), "")
    return " ".join(f"{one} : {why}" for one, why in wrong.items())


def _answered(wrong: str) -> ResponseReturnValue:
    return ko(wrong) if wrong else ok()


def _leads_back(address: str) -> bool:
    """Whether it is an address of the web that can be gone to."""
    if len(address) > _LONGEST or not address.isprintable() or "\\" in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
    )
