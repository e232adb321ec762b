"""Where partners call us back. Each proves who it is by its signature."""

from flask import Blueprint, current_app, jsonify, request
from flask.typing import ResponseReturnValue

from connectors import Refused, oseo
from connectors.oseo import callback
from connectors.oseo.callback import BadSignature
from engine import clock
from engine.commands import messages
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
    new = messages.receive(
        "oseo.opinion",
        opinion.case_number,
        opinion.values(),
        external_id=f"oseo:{opinion.webhook_id}",
    )
    return jsonify(received=True, new=new), 200
