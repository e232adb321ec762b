"""What the engine refuses, as a problem: each with its status and its sentence."""

from typing import Any, TypeVar

from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound

from engine.access import Forbidden, allowed
from engine.columns import Base
from engine.commands.api_keys import AlreadyBeingDone, OtherRequest
from engine.commands.cases import CaseClosed, MessageTooLong
from engine.commands.webhooks import TooManyWebhooks
from engine.conversation import LONGEST
from engine.errors import (
    Busy,
    DoneElsewhere,
    DraftFull,
    NotWaiting,
    StaleDraft,
    TaskNotOpen,
    TaskSuspended,
    TaskTaken,
)
from engine.models import db
from engine.webhooks import MOST_WEBHOOKS
from web.api import keyed
from web.api.problems import RETRY, Problem

Row = TypeVar("Row", bound=Base)


def of(failure: Exception) -> Problem:
    """The problem that a refusal of the engine is."""
    match failure:
        case NoResultFound():
            return Problem(404, "unknown")
        case Forbidden():
            return Problem(403, "forbidden", _("Vos rôles ne permettent pas cet acte ici."))
        case TaskTaken():
            who = failure.who
            return Problem(409, "task-taken", _("%(who)s a pris cette tâche.", who=who))
        case TaskNotOpen() if failure.who:
            sentence = _("%(who)s a déjà terminé cette tâche.", who=failure.who)
            return Problem(409, "task-closed", sentence)
        case TaskNotOpen():
            return Problem(409, "task-closed", _("Cette tâche n’est plus à faire."))
        case NotWaiting():
            return Problem(409, "not-held", _("Personne n’a cette tâche en main."))
        case DoneElsewhere():
            sentence = _("Cette tâche se fait dans sa propre page, pas ici.")
            return Problem(409, "done-elsewhere", sentence)
        case TaskSuspended():
            return Problem(
                423, "suspended", _("Ce dossier est suspendu : attendez sa reprise.")
            )
        case Busy():
            sentence = _("Quelqu’un d’autre agit ici en ce moment même : réessayez.")
            return Problem(409, "busy", sentence, headers=RETRY)
        case StaleDraft():
            return stale(failure.who)
        case DraftFull():
            return Problem(413, "draft-full", _("Ce brouillon contient trop de fichiers."))
        case CaseClosed():
            return Problem(409, "case-closed", _("Ce dossier est clos."))
        case MessageTooLong():
            sentence = _("Message : %(n)s caractères au plus.", n=LONGEST)
            return Problem(422, "too-long", sentence)
        case TooManyWebhooks():
            sentence = _("Vous avez déjà %(n)s webhooks : retirez-en un.", n=MOST_WEBHOOKS)
            return Problem(409, "too-many-webhooks", sentence)
        case AlreadyBeingDone():
            sentence = _("La même requête est en cours : redemandez sa réponse plus tard.")
            return Problem(409, "being-done", sentence, headers=RETRY)
        case OtherRequest():
            sentence = _(
                "Cette Idempotency-Key a servi à une autre requête : prenez-en une nouvelle."
            )
            return Problem(422, "key-reused", sentence)
    return Problem(409, "refused")


def stale(who: str = "") -> Problem:
    """Somebody wrote since: what one has read is no longer so."""
    sentence = (
        _("%(who)s l’a modifié entre-temps : relisez-le, puis recommencez.", who=who)
        if who
        else _("L’ETag donné n’est plus celui-ci : relisez-le, puis recommencez.")
    )
    return Problem(412, "stale", sentence)


def found(kind: type[Row], key: Any, act: str = "see") -> Row:
    """The row of this id, if the key may do that: otherwise it does not exist for it.

    Raises Problem.
    """
    row = db.session.get(kind, key)
    if row is None or not allowed(keyed.actor(), act, row):
        raise Problem(404, "unknown")
    return row
