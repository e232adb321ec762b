"""The door of the web service: its two addresses, its description, who is let in, refusals."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from werkzeug.exceptions import RequestEntityTooLarge

from engine.access import Forbidden
from engine.api_keys import FOLDERS_READ, FOLDERS_WRITE
from engine.errors import EngineError
from web.api import keyed, refusals
from web.api.problems import Problem
from web.auth import public
from web.iparapheur.addresses import sentence
from web.iparapheur.soap import acting, depositing, following, listing, reading
from web.iparapheur.soap.reading import Node, Unreadable
from web.iparapheur.soap.writing import Answer, fault
from web.security import csrf

bp = Blueprint("iparapheur_soap", __name__)
csrf.exempt(bp)

WSDL = Path(__file__).parent / "iparapheur.wsdl"
TOO_LARGE = 413
Operation = Callable[[Node, Answer], None]
READING: dict[str, Operation] = {
    "echo": listing.echo,
    "GetListeTypes": listing.types,
    "GetListeSousTypes": listing.subtypes,
    "GetListeMetaDonnees": listing.metadata,
    "GetMetaDonneesRequisesPourTypeSoustype": listing.metadata_of,
    "RechercherDossiers": following.search,
    "GetHistoDossier": following.history,
    "GetDossier": following.fetch,
}
WRITING: dict[str, Operation] = {
    "CreerDossier": depositing.create,
    "ArchiverDossier": acting.archive,
    "EffacerDossierRejete": acting.erase,
    "ExercerDroitRemordDossier": acting.take_back,
}
SAYS_HOW = {"GetHistoDossier", "GetDossier", *WRITING}
"""What is answered `KO` and why; the other operations have only a fault."""
NOT_SERVED = frozenset({
    "CreerDossierPES", "EnvoyerDossierPES", "EnvoyerDossierTdT", "ForcerEtape",
    "GetStatutTdT", "EnvoyerDossierMailSecurise", "GetClassificationActesTdt",
})  # fmt: skip
"""What says `KO` here, for it is the circuit's, or a person's."""


@bp.post("/ws-iparapheur")
@bp.post("/ws-iparapheur-no-mtom")
@keyed.keyed(FOLDERS_READ, FOLDERS_WRITE, basic=True)
def call() -> Response:
    """Do what an envelope asks."""
    with ExitStack() as held:
        return _answered(reading.body(held))


def _answered(asked: Node) -> Response:
    name = asked.name.removesuffix("Request")
    made = Answer(f"{name}Response")
    if name in NOT_SERVED:
        said = _("« %(name)s » n’est pas servi ici : le circuit s’en charge.", name=name)
        made.told(ok=False, message=said)
        return made.response()
    operation = {**READING, **WRITING}.get(name)
    if operation is None:
        raise Unreadable(f"« {name[:60]} » n’est pas une opération de ce service.")
    try:
        keyed.need(FOLDERS_WRITE if name in WRITING else FOLDERS_READ)
        operation(asked, made)
    except (Problem, Forbidden, NoResultFound, EngineError) as failure:
        problem = failure if isinstance(failure, Problem) else refusals.of(failure)
        if name not in SAYS_HOW:
            raise problem from None
        made = Answer(f"{name}Response")
        made.told(ok=False, message=sentence(problem))
    return made.response()


@bp.get("/ws-iparapheur")
@bp.get("/ws-iparapheur-no-mtom")
@public
def described() -> Response:
    """What the service does, in WSDL, and where it is."""
    public_url = current_app.extensions["settings"].public_url.rstrip("/")
    here = f"{public_url}{request.path}"
    text = WSDL.read_text("utf-8").replace("http://localhost/ws-iparapheur", here)
    return Response(text, content_type="text/xml; charset=utf-8")


@bp.errorhandler(Unreadable)
def _unreadable(failure: Unreadable) -> Response:
    return fault("Client", str(failure), 400)


@bp.errorhandler(RequestEntityTooLarge)
def _too_large(_failure: RequestEntityTooLarge) -> Response:
    return fault("Client", _("Cette enveloppe est trop lourde : 80 Mo au plus."), TOO_LARGE)


@bp.errorhandler(Problem)
def _refused(problem: Problem) -> Response:
    answer = fault("Client", sentence(problem), problem.status)
    answer.headers.update(problem.headers)
    if problem.status == 401:  # noqa: PLR2004
        answer.headers["WWW-Authenticate"] = 'Basic realm="parapheur"'
    return answer


@bp.after_request
def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    return keyed.tell_rate(response)
