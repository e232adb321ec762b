"""ArchiverDossier, EffacerDossierRejete, ExercerDroitRemordDossier: what callers do at the end."""

from flask_babel import gettext as _

from web.api.folder_acts import put_away, undone, withdrawn
from web.api.problems import Problem
from web.iparapheur.soap import folders
from web.iparapheur.soap.reading import Node
from web.iparapheur.soap.writing import Answer
from workflows.parapheur import records
from workflows.parapheur.models import ABANDONED, DRAFT, FINISHED, REFUSED


def archive(asked: Node, answer: Answer) -> None:
    """Put away what the caller has come for. Nothing leaves the book before its term.

    Raises Problem for a folder that is not finished.
    """
    name = asked.said("DossierID")
    folder = folders.of(name)
    if folder.state != FINISHED:
        sentence = _("Le dossier %(name)s n’est pas terminé.", name=name)
        raise Problem(409, "not-finished", sentence)
    put_away(folder)
    answer.told(ok=True, message=_("Dossier %(name)s archivé.", name=name))


def erase(asked: Node, answer: Answer) -> None:
    """Give up a folder that came back refused, or a draft; done twice, it is done once.

    Raises Problem for one that circulates or is finished.
    """
    name = asked.text.strip()
    folder = folders.of(name)
    if folder.state not in {DRAFT, REFUSED, ABANDONED}:
        sentence = _("Le dossier %(name)s n’est pas rejeté.", name=name)
        raise Problem(409, "not-refused", sentence)
    if folder.state != ABANDONED:
        withdrawn(folder, _("Retiré par l’application qui l’a déposé."))
    said = _("Dossier %(name)s supprimé du Parapheur.", name=name)
    answer.told(ok=True, message=said)


def take_back(asked: Node, answer: Answer) -> None:
    """Make a draft again of what this key has just deposited. Raises Problem."""
    name = asked.text.strip()
    undone(records.last_of(folders.of(name).instance_id))
    answer.told(ok=True, message=_("Dossier %(name)s récupéré.", name=name))
