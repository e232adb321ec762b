"""Where partners call us back. Each proves who it is by its signature."""

from io import BytesIO
from uuid import UUID

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, oseo
from connectors.oseo import callback
from connectors.oseo.callback import BadSignature, Opinion
from engine import clock
from engine.commands import messages
from engine.commands.messages import Enclosed
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, db
from web import receiving
from web.auth import public
from web.security import csrf

bp = Blueprint("callbacks", __name__, url_prefix="/partenaires")
csrf.exempt(bp)

LARGEST = 25 * 1024 * 1024
"""Bytes of one call-back, with the document it may carry."""


@bp.post("/oseo/avis")
@public
def oseo_opinion() -> ResponseReturnValue:
    """Receive OSEO's signed opinion, once, and hand it to the case that waits for it."""
    settings = current_app.extensions["settings"]
    request.max_content_length = LARGEST
    try:
        opinion = callback.read(
            request.headers,
            request.get_data(cache=False),
            secrets=oseo.secrets(settings.partners, settings.data),
            clock=clock.now,
        )
    except BadSignature as error:
        return jsonify(error=str(error)), 401
    except Refused as error:
        return jsonify(error=str(error)), 422
    external_id = f"oseo:{opinion.webhook_id}"
    if messages.known(external_id):
        return jsonify(received=True, new=False), 200
    try:
        enclosed = _enclosed(opinion)
    except Refused as error:
        return jsonify(error=str(error)), 422
    except ConnectorError as error:
        return jsonify(error=str(error)), 503
    new = messages.receive(
        "oseo.opinion",
        opinion.case_number,
        opinion.values(),
        external_id=external_id,
        enclosed=enclosed,
    )
    return jsonify(received=True, new=new), 200


def _enclosed(opinion: Opinion) -> Enclosed | None:
    """The document that comes with an opinion, checked and stored as anyone's.

    OSEO adds to the cases about which it was asked, and to no other. Raises Refused when
    the document cannot be kept or is about none of them, ConnectorError for later.
    """
    document = opinion.document
    if document is None:
        return None
    case_id = db.session.scalar(
        select(ProcessInstance.id).where(ProcessInstance.number == opinion.case_number)
    )
    if case_id is None or not _asked(case_id, opinion.case_number):
        sentence = f"Aucun avis n'est demandé sur le dossier n° {opinion.case_number}."
        raise Refused([sentence], code="unknown")
    upload = FileStorage(BytesIO(document.content), document.name)
    file = receiving.store(upload, LARGEST)
    return Enclosed(case_id, "Avis de Bpifrance (OSEO)", file)


def _asked(case_id: UUID, number: str) -> bool:
    calls = select(RemoteCall.id).where(
        RemoteCall.instance_id == case_id, RemoteCall.partner == "oseo"
    )
    asked = db.session.scalars(calls.limit(1)).first() is not None
    return asked or messages.awaited("oseo.opinion", number)
