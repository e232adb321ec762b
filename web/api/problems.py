"""What the API answers when it refuses: a problem document (RFC 9457) that names the cure.

raise Problem(404, "unknown", _("Aucune demande ne porte cet identifiant."))
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from flask import Response
from flask_babel import lazy_gettext as _
from pydantic import BaseModel, Field

from web.logs import reference

MEDIA = "application/problem+json"
RETRY = {"Retry-After": "1"}

TITLES: Mapping[int, Any] = {
    400: _("Requête incomprise"),
    401: _("Clé absente ou sans effet"),
    403: _("La clé ne permet pas cet acte"),
    404: _("Introuvable"),
    405: _("Méthode impossible à cette adresse"),
    406: _("Format demandé impossible"),
    408: _("Requête trop lente"),
    409: _("L’état des choses ne le permet pas"),
    410: _("N’existe plus"),
    412: _("Quelqu’un est passé avant vous"),
    413: _("Envoi trop volumineux"),
    414: _("Adresse trop longue"),
    415: _("Format d’envoi non accepté"),
    422: _("Valeurs à corriger"),
    423: _("Dossier suspendu"),
    428: _("Condition manquante"),
    429: _("Trop de requêtes"),
    431: _("En-têtes trop volumineux"),
    500: _("Erreur de notre côté"),
    503: _("Service momentanément indisponible"),
}

CURES: Mapping[int, Any] = {
    400: _("Vérifiez la requête : son adresse, ses en-têtes et le JSON de son corps."),
    401: _("Envoyez une clé en cours de validité dans l’en-tête Authorization: Bearer …"),
    403: _("Demandez une clé qui porte ce droit à l’administrateur de votre organisation."),
    404: _("Rien ne porte cet identifiant parmi ce que votre clé peut lire."),
    405: _("L’en-tête Allow donne les méthodes possibles ; /api décrit chaque adresse."),
    409: _("Relisez la ressource pour savoir où elle en est, puis décidez."),
    413: _("Un corps JSON tient en 4 Mo, un envoi de fichiers en 110 Mo. Envoyez les fichiers"
           " un par un par POST /api/v1/files."),
    415: _("Envoyez du JSON (Content-Type: application/json), ou multipart/form-data là où la"
           " description le permet."),
    422: _("Corrigez les valeurs nommées dans « errors » et recommencez."),
    429: _("Attendez le nombre de secondes que donne l’en-tête Retry-After."),
    500: _("Réessayez ; si l’erreur se répète, transmettez-nous la valeur de « instance »."),
    503: _("Réessayez dans quelques minutes."),
}  # fmt: skip


Where = Literal["body", "query", "path", "header"]


class Fault(BaseModel):
    """One value to put right, and how."""

    where: Where
    pointer: str = Field(
        description="JSON Pointer in the body (RFC 6901), or the name of the parameter.",
        examples=["/values/project/title"],
    )
    label: str = ""
    message: str = Field(examples=["Renseignez « Intitulé »."])


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(examples=["/api#missing-scope"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["missing-scope"])
    instance: str = Field(description="What to quote to us about this request.")
    errors: list[Fault] = Field(default_factory=list)


class Problem(Exception):
    """The request is refused; `code` is for programs, `detail` for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: object = "",
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = list(errors), dict(headers or {})


def wrong(
    code: str, pointer: str, sentence: str, *, where: Where = "body", status: int = 422
) -> Problem:
    """The problem that one value is; the sentence says how to put it right."""
    fault = Fault(where=where, pointer=pointer, message=sentence)
    return Problem(status, code, sentence, errors=[fault])


def answer(problem: Problem) -> Response:
    """A problem as it is sent."""
    status = problem.status
    document = ProblemDocument(
        type=f"/api#{problem.code}",
        title=str(TITLES.get(status, TITLES[400 if status < 500 else 500])),  # noqa: PLR2004
        status=status,
        detail=str(problem.detail or CURES.get(status, TITLES.get(status, ""))),
        code=problem.code,
        instance=reference(),
        errors=problem.errors,
    )
    told = document.model_dump_json()
    return Response(told, status, problem.headers, mimetype=MEDIA)


def of_status(status: int) -> Response:
    """The problem that a status says by itself."""
    return answer(Problem(status, f"http-{status}"))
