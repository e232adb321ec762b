"""What people are told, in words: each kind of notice with its name, icon and sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _

from engine import asks, clock, notices
from engine.notices import Notice


@dataclass(frozen=True)
class Kind:
    """`label` names the kind where one chooses; `icon` stands before its notices."""

    label: Any
    icon: str


KINDS: Mapping[str, Kind] = {
    notices.MESSAGE: Kind(lazy_gettext("Message de l’entreprise"), "chat-left-text"),
    notices.REPLY: Kind(lazy_gettext("Message du service"), "chat-left-text"),
    notices.AWAITED: Kind(
        lazy_gettext("Réponse ou pièce attendue de vous"), "hourglass-split"
    ),
    notices.ANSWER: Kind(lazy_gettext("Réponse de l’entreprise"), "reply"),
    notices.OPINION: Kind(lazy_gettext("Avis rendu"), "clipboard-check"),
    notices.DOCUMENT: Kind(lazy_gettext("Nouveau document"), "paperclip"),
    notices.ASSIGNED: Kind(lazy_gettext("Tâche confiée"), "person-check"),
    notices.REMINDER: Kind(lazy_gettext("Relance du parapheur"), "bell"),
    notices.ASKED: Kind(lazy_gettext("Avis ou réponse demandés"), "question-circle"),
    notices.CLOSED: Kind(lazy_gettext("Dossier clos"), "flag"),
    notices.EXPIRING: Kind(lazy_gettext("Pièce du coffre bientôt expirée"), "folder"),
    notices.DEPUTY: Kind(lazy_gettext("Suppléance"), "people"),
    notices.PROCEDURE: Kind(lazy_gettext("Publication d’une démarche"), "diagram-3"),
    notices.WEBHOOK: Kind(lazy_gettext("Webhook désactivé"), "exclamation-triangle"),
    notices.LASTING: Kind(lazy_gettext("Horodatage à renouveler"), "clock"),
}

DUE_LABEL = lazy_gettext("Échéances proches ou dépassées")

FOR_APPLICANTS = (
    notices.REPLY, notices.AWAITED, notices.DOCUMENT, notices.CLOSED,
    notices.EXPIRING, notices.WEBHOOK,
)  # fmt: skip
FOR_AGENTS = tuple(
    k for k in KINDS if k not in {notices.AWAITED, notices.EXPIRING, notices.PROCEDURE}
)
FOR_DESIGNERS = (notices.PROCEDURE,)

ASKS: Mapping[str, Any] = {
    asks.DOCUMENT: lazy_gettext("une pièce"),
    asks.OPINION: lazy_gettext("un avis"),
    asks.CORRECTION: lazy_gettext("une correction"),
    asks.QUESTION: lazy_gettext("une réponse"),
}

CHANNELS: Mapping[str, Any] = {
    notices.SITE: lazy_gettext("sur le site seulement"),
    notices.NOW: lazy_gettext("courriel immédiat"),
    notices.DAILY: lazy_gettext("récapitulatif du jour"),
    notices.NOTHING: lazy_gettext("rien"),
}

PROCEDURE: Mapping[str, Any] = {
    "asked": lazy_gettext("%(who)s demande la publication de « %(name)s »"),
    "accepted": lazy_gettext("%(who)s a publié « %(name)s », version %(version)s"),
    "refused": lazy_gettext("%(who)s a refusé la publication de « %(name)s »"),
    "withdrawn": lazy_gettext(
        "%(who)s a retiré la version %(version)s de « %(name)s » : les nouveaux dossiers"
        " suivent la version %(now)s"
    ),
    "taken_over": lazy_gettext(
        "%(who)s a repris le brouillon de « %(name)s » que vous teniez"
    ),
}

DAYS = (
    lazy_gettext("lundi"), lazy_gettext("mardi"), lazy_gettext("mercredi"), lazy_gettext("jeudi"), lazy_gettext("vendredi"),
    lazy_gettext("samedi"), lazy_gettext("dimanche"),
)  # fmt: skip


def sentence(notice: Notice, who: str | None, outcome: str | None) -> str:
    """What happened, in one line; `who` did it, `outcome` is how the case ended."""
    return str(_sentence(notice, who, outcome))


def _sentence(notice: Notice, who: str | None, outcome: str | None) -> Any:
    said = notice.detail
    task = said.get("task", "")
    match notice.kind:
        case notices.MESSAGE | notices.REPLY if who:
            return _("%(who)s vous a écrit", who=who)
        case notices.MESSAGE | notices.REPLY:
            return _("Nouveau message")
        case notices.ASKED | notices.AWAITED if said.get("ask"):
            return _asked(said, who)
        case notices.ANSWER | notices.OPINION if said.get("ask"):
            return _("%(who)s a répondu à : %(what)s", who=who, what=ASKS[said["what"]])
        case notices.AWAITED if said.get("due"):
            return _(
                "On attend de vous : « %(task)s », avant le %(day)s",
                task=task,
                day=_day(datetime.fromisoformat(said["due"])),
            )
        case notices.AWAITED:
            return _("On attend de vous : « %(task)s »", task=task)
        case notices.ANSWER:
            return _("L’entreprise a répondu : « %(task)s »", task=task)
        case notices.OPINION:
            return _("Avis rendu : « %(task)s »", task=task)
        case notices.DOCUMENT if said.get("title"):
            return _("Nouveau document : « %(title)s »", title=said["title"])
        case notices.DOCUMENT:
            return _("Nouveaux documents, joints à « %(task)s »", task=task)
        case notices.ASSIGNED if who:
            return _("%(who)s vous confie « %(task)s »", who=who, task=task)
        case notices.ASSIGNED:
            return _("La procédure vous confie « %(task)s »", task=task)
        case notices.CLOSED if outcome:
            return _("Dossier clos : %(outcome)s", outcome=outcome)
        case notices.CLOSED:
            return _("Dossier clos")
        case notices.EXPIRING:
            day = _day(date.fromisoformat(said["day"]))
            return _(
                "Coffre : « %(title)s » expire le %(day)s", title=said["title"], day=day
            )
        case notices.WEBHOOK:
            return _("Webhook désactivé : %(url)s ne répond plus", url=said["url"])
        case notices.REMINDER:
            return _reminder(said, who)
        case notices.LASTING:
            return _(
                "Horodatage non renouvelé : « %(title)s » n’est prouvé que jusqu’au %(day)s ; "
                "nouvel essai chaque jour",
                title=said["title"],
                day=format_date(date.fromisoformat(said["until"]), "long"),
            )
        case notices.DEPUTY:
            return _deputy(said, who)
        case notices.PROCEDURE:
            return PROCEDURE[said["what"]] % {"who": who or "", **said}
    return notice.kind


def _asked(said: Mapping[str, Any], who: str | None) -> Any:
    if said.get("due"):
        day = _day(datetime.fromisoformat(said["due"]))
        return _(
            "%(who)s vous demande %(what)s, avant le %(day)s",
            who=who,
            what=ASKS[said["what"]],
            day=day,
        )
    return _("%(who)s vous demande %(what)s", who=who, what=ASKS[said["what"]])


def _reminder(said: Mapping[str, Any], who: str | None) -> Any:
    told = {"title": said["title"], "task": said["task"]}
    if who and said.get("note"):
        return _(
            "%(who)s relance votre bureau : « %(title)s » (%(task)s) – « %(note)s »",
            who=who, note=said["note"], **told,
        )  # fmt: skip
    if who:
        return _("%(who)s relance votre bureau : « %(title)s » (%(task)s)", who=who, **told)
    if not said.get("due"):
        return _("Rappel : « %(title)s » attend votre bureau (%(task)s)", **told)
    due = datetime.fromisoformat(said["due"])
    if due < clock.now():
        return _(
            "Rappel : « %(title)s » est en retard depuis le %(day)s (%(task)s)",
            day=_day(due.astimezone(clock.PARIS)), **told,
        )  # fmt: skip
    return _(
        "Rappel : « %(title)s » est à finir avant le %(day)s (%(task)s)",
        day=_day(due.astimezone(clock.PARIS)), **told,
    )  # fmt: skip


def _deputy(said: Mapping[str, Any], who: str | None) -> Any:
    absent = said.get("absent") or who
    if said.get("from") and said.get("to"):
        return _(
            "Vous suppléez %(who)s du %(first)s au %(last)s",
            who=absent,
            first=_day(date.fromisoformat(said["from"])),
            last=_day(date.fromisoformat(said["to"])),
        )
    return _("Vous suppléez %(who)s", who=absent)


def _day(day: date) -> str:
    return str(format_date(day, "d MMMM"))
