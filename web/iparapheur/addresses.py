"""The door of i-Parapheur's callers: its addresses, what they name, how it refuses."""

from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.exc import NoResultFound

from engine import clock
from engine.access import Forbidden, require
from engine.api_keys import FOLDERS_READ, FOLDERS_WRITE
from engine.errors import EngineError
from engine.models import db
from web.api import folders, keyed, refusals
from web.api.problems import CURES, TITLES, Fault, Problem
from web.logs import reference
from web.security import csrf
from workflows.parapheur.models import Desk, Folder

bp = Blueprint("iparapheur", __name__, url_prefix="/api/standard/v1/tenant")

READ, WRITE = keyed.keyed(FOLDERS_READ), keyed.keyed(FOLDERS_WRITE)
FOLDER = "/<uuid:tenant>/desk/<uuid:desk_id>/folder/<uuid:folder_id>"


def tenant_of(tenant: UUID) -> None:
    """Only the key's own body. Raises Problem."""
    if tenant != keyed.key().organisation_id:
        raise Problem(404, "unknown")


def keeper_of(tenant: UUID) -> None:
    """Only a key that keeps the book of its body. Raises Problem, Forbidden."""
    tenant_of(tenant)
    require(keyed.actor(), "keep the book", keyed.organisation())


def desk_of(tenant: UUID, desk_id: UUID) -> Desk:
    """A desk of the body at which the key sits. Raises Problem."""
    tenant_of(tenant)
    found = db.session.get(Desk, desk_id)
    if (
        found is None
        or found.organisation_id != tenant
        or found.role not in folders.my_desks()
    ):
        raise Problem(404, "unknown")
    return found


def folder_of(tenant: UUID, desk_id: UUID, folder_id: UUID) -> Folder:
    """A folder that the key sees. Raises Problem."""
    desk_of(tenant, desk_id)
    return folders.mine(folder_id)


def json(value: Any, status: int) -> Response:
    """An answer."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def wrong(pointer: str, sentence: str) -> Problem:
    """What is to be put right in what was sent."""
    fault = Fault(where="body", pointer=pointer, message=sentence)
    return Problem(422, "bad-values", sentence, errors=[fault])


def refused(problem: Problem) -> Response:
    """A refusal in i-Parapheur's shape (`ErrorResponse`), and what ours say besides."""
    status = problem.status
    told = {
        "timestamp": clock.now().isoformat(),
        "status": status,
        "error": str(TITLES.get(status, TITLES[400])),
        "message": sentence(problem),
        "path": request.path,
        "code": problem.code,
        "errors": [one.model_dump() for one in problem.errors],
        "instance": reference(),
    }
    answer = json(told, status)
    answer.headers.update(problem.headers)
    return answer


def sentence(problem: Problem) -> str:
    """What callers show to people: every fault in one, for they read nothing else."""
    said = [one.message for one in problem.errors] or [str(problem.detail)]
    return " ".join(said).strip() or str(CURES.get(problem.status, ""))


def _failed(failure: Exception) -> Response:
    return refused(refusals.of(failure))


def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    return keyed.tell_rate(response)


def shaped(blueprint: Blueprint) -> None:
    """Have a blueprint refuse as i-Parapheur does."""
    csrf.exempt(blueprint)
    blueprint.register_error_handler(Problem, refused)
    for failure in (Forbidden, NoResultFound, EngineError):
        blueprint.register_error_handler(failure, _failed)
    blueprint.after_request(_finish)


shaped(bp)
