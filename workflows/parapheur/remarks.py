"""What people write on pages, and that they have read: nothing that moves a folder."""

from uuid import UUID, uuid4

from engine import clock
from engine.access import require
from engine.actors import Actor
from engine.models import db
from engine.transaction import lock, transaction
from workflows.parapheur import rules
from workflows.parapheur.models import Annotation, Folder, FolderFile, FolderReading
from workflows.parapheur.opening import ActRefused

LONGEST = 512
MOST_PAGES = 10_000


def annotate(
    file_id: UUID,
    *,
    actor: Actor,
    page: int,
    x: float,
    y: float,
    text: str,
    width: float = 0.0,
    height: float = 0.0,
    private: bool = False,
) -> UUID:
    """Write a remark on a page of a file; places are fractions of the page, from its top left.

    Returns its id. Raises Forbidden, ActRefused.
    """
    with transaction():
        file = db.session.get_one(FolderFile, file_id)
        folder = db.session.get_one(Folder, file.instance_id)
        require(actor, "annotate", folder)
        text = text.strip()
        errors = {}
        if not text:
            errors["text"] = "Écrivez une annotation."
        elif len(text) > LONGEST:
            errors["text"] = f"Annotation : {LONGEST} caractères au plus."
        inside = all(0.0 <= one <= 1.0 for one in (x, y, width, height))
        if not inside or not 1 <= page <= MOST_PAGES:
            errors["page"] = "Placez l’annotation sur une page du document."
        if errors:
            raise ActRefused(errors)
        mine = rules.desks_of(actor, folder.organisation_id, folder.subtype.scope)
        row = Annotation(
            id=uuid4(), file_id=file_id, page=page, x=x, y=y, width=width, height=height,
            text=text, private=private, person_id=actor.person_id, role=min(mine),
            at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
        return row.id


def remove_annotation(annotation_id: UUID, *, actor: Actor) -> None:
    """Take one's own remark away. Raises Forbidden."""
    with transaction():
        row = lock(Annotation, annotation_id)
        require(actor, "remove", row)
        row.removed_at = row.removed_at or clock.now()


def mark_read(folder_id: UUID, *, actor: Actor) -> None:
    """Note that somebody has opened a folder, as it is now. Raises Forbidden."""
    with transaction():
        folder = db.session.get_one(Folder, folder_id)
        require(actor, "see", folder)
        row = db.session.get(FolderReading, (folder_id, actor.person_id))
        if row is None:
            row = FolderReading(instance_id=folder_id, person_id=actor.person_id)
            db.session.add(row)
        row.at = clock.now()
