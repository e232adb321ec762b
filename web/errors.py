"""What people read when something goes wrong: what happened, what to do, and a reference."""

from dataclasses import dataclass

import structlog
from flask import Flask, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, NoResultFound, OperationalError
from werkzeug.exceptions import HTTPException

from connectors import Retryable
from engine.access import Forbidden
from engine.errors import EngineError
from engine.models import db
from web.api import problems
from web.logs import reference

log = structlog.get_logger()


@dataclass(frozen=True)
class Message:
    """The title and the sentence of an error page, in French."""

    title: str
    text: str


MESSAGES = {
    400: Message(
        _("Demande incomprise"),
        _("Le lien ou le formulaire reçu n’est pas complet. Revenez à la page précédente"
          " et recommencez."),
    ),
    403: Message(
        _("Accès refusé"),
        _("Votre compte ne permet pas de voir cette page ou de faire cet acte. Si vous"
          " agissez pour plusieurs organisations, vérifiez celle qui est choisie en haut de"
          " la page."),
    ),
    404: Message(
        _("Page introuvable"),
        _("Cette adresse ne mène à rien. La page a pu être déplacée, ou l’adresse mal"
          " recopiée."),
    ),
    405: Message(
        _("Acte impossible à cette adresse"),
        _("Cette adresse ne s’ouvre pas de cette façon. Revenez à la page précédente."),
    ),
    409: Message(
        _("Quelqu’un est passé avant vous"),
        _("Ce que vous vouliez modifier a changé entre-temps. Rouvrez la page pour voir où"
          " en sont les choses : ce que vous aviez enregistré n’est pas perdu."),
    ),
    410: Message(
        _("Ce lien ne sert plus"),
        _("Il a expiré, ou il a déjà été utilisé. Demandez-en un nouveau."),
    ),
    413: Message(
        _("Envoi trop volumineux"),
        _("Une page reçoit 100 Mo de fichiers au plus, et 4 Mo de texte dans une réponse. Cet"
          " envoi n’a pas été enregistré ; ce qui l’était déjà est gardé. Revenez à la page"
          " précédente avec le bouton de votre navigateur, vous y retrouverez ce que vous avez"
          " tapé : envoyez les fichiers en plusieurs fois ou réduisez-les, raccourcissez le"
          " texte ou joignez-le dans un fichier."),
    ),
    415: Message(
        _("Format non accepté"),
        _("Cette adresse n’accepte pas ce format d’envoi."),
    ),
    422: Message(
        _("Demande impossible à traiter"),
        _("Une information reçue ne convient pas. Revenez à la page précédente pour la"
          " corriger."),
    ),
    429: Message(
        _("Trop de tentatives"),
        _("Par sécurité, le nombre d’essais est limité. Attendez quelques minutes avant de"
          " recommencer."),
    ),
    500: Message(
        _("Une erreur est survenue"),
        _("Le service n’a pas pu répondre. Rien de ce que vous aviez enregistré n’est perdu."
          " Réessayez ; si l’erreur se répète, transmettez la référence ci-dessous."),
    ),
    503: Message(
        _("Service momentanément indisponible"),
        _("Une partie du service ne répond pas. Réessayez dans quelques minutes."),
    ),
}  # fmt: skip

EXPIRED_FORM = Message(
    _("Formulaire expiré"),
    _("La page était ouverte depuis trop longtemps, ou vous vous êtes déconnecté entre-temps."
      " Rien n’a été enregistré. Rouvrez la page et recommencez."),
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Answer every error with a page, or with a problem document under /api/."""
    app.before_request(_readable)
    app.register_error_handler(CSRFError, lambda _failure: page(400, EXPIRED_FORM))
    app.register_error_handler(Forbidden, lambda _failure: page(403))
    app.register_error_handler(EngineError, lambda _failure: page(409))
    app.register_error_handler(NoResultFound, lambda _failure: page(404))
    app.register_error_handler(Retryable, _partner_busy)
    app.register_error_handler(OperationalError, _database_lost)
    app.register_error_handler(DataError, _unkeepable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def page(status: int, message: Message | None = None) -> ResponseReturnValue:
    """The answer for an error, with our reference to the request."""
    message = message or MESSAGES.get(status) or MESSAGES[400 if status < 500 else 500]  # noqa: PLR2004
    if request.path.startswith("/api/"):
        return problems.of_status(status), status
    about = {"status": status, "message": message, "reference": reference()}
    try:
        return render_template("error.html", **about), status
    except Exception as failure:  # the frame fails for the same reason as the page
        log.error("frame_unavailable", error=type(failure).__name__)
        bare = current_app.jinja_env.get_template("error_bare.html")
        return bare.render(**about), status


def _readable() -> None:
    """Refuse an address whose query is not UTF-8, which no browser sends, before it is read."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        request.query_string = b""  # so that the page that refuses it can be drawn
        abort(400)


def _http(failure: HTTPException) -> ResponseReturnValue:
    if failure.response is not None or failure.code is None or failure.code < 400:  # noqa: PLR2004
        return failure.get_response()
    answer = page(failure.code)
    retry = getattr(failure, "retry_after", None)
    if isinstance(failure, RateLimitExceeded) and failure.limit:
        retry = failure.limit.limit.get_expiry()
    headers = {"Retry-After": str(retry)} if retry else {}
    if allowed := getattr(failure, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(allowed))
    return (*answer, headers)  # type: ignore[misc]


def _partner_busy(failure: Retryable) -> ResponseReturnValue:
    log.warning("partner_busy", error=str(failure))
    db.session.rollback()
    return page(503)


def _database_lost(failure: OperationalError) -> ResponseReturnValue:
    log.error("database_unavailable", error=type(failure.orig).__name__)
    db.session.rollback()
    return page(503)


def _unkeepable(failure: DataError) -> ResponseReturnValue:
    """A text with NUL, a number without end: what the database refuses, it did not keep."""
    log.error("value_refused_by_database", exc_info=failure)
    db.session.rollback()
    return page(422)


def _unforeseen(failure: Exception) -> ResponseReturnValue:
    """The last resort: nothing of the failure is shown, all of it is logged."""
    log.error("unforeseen", exc_info=failure)
    db.session.rollback()
    return page(500)
