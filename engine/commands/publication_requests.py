"""Let a procedure out, by two persons: one asks and the other accepts or refuses.

What is asked is frozen when it is asked: it is published byte for byte, or not at all. A
draft that began from a version that is no longer the last is not published: somebody else's
work would be lost without a word.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from engine import clock, definitions, journal, notices, procedure_drafts
from engine.access import Actor, require
from engine.commands import beginnings, publishing
from engine.commands.procedure_drafts import drop, held
from engine.directory import LEGAL_OFFICER, PROCESS_DESIGNER
from engine.documents import Draft
from engine.errors import OperationRefused
from engine.models import ProcessDefinition, db
from engine.procedure_drafts import (
    ACCEPTED,
    ASKED,
    REFUSED,
    WITHDRAWN,
    ProcedureDraft,
    PublicationFile,
    PublicationRequest,
    digest,
)
from engine.spiff.model import Model
from engine.told import holders, person, tell
from engine.transaction import lock, transaction

LONGEST = 2000
"""Characters of a comment or of a reason."""


def ask(
    draft_id: UUID,
    sha256: str,
    comment: str,
    acknowledged: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
) -> UUID:
    """Freeze the draft that was checked (`sha256`) and tell the colleagues; the request's id.

    Raises Forbidden, DraftHeld, OperationRefused when the draft changed since it was checked,
    when nothing did since the last version, or when that version came after its beginning.
    """
    comment = _said(
        comment, OperationRefused("Commentaire : dites ce qui change et pourquoi.")
    )
    with transaction():
        draft = held(draft_id, actor)
        files = procedure_drafts.files(draft_id)
        if digest(files) != sha256:
            raise OperationRefused(
                "Le brouillon a changé pendant que vous demandiez : relisez, puis recommencez."
            )
        _on_the_last(draft.key, draft.base_id)
        base = db.session.get(ProcessDefinition, draft.base_id) if draft.base_id else None
        if base and base.sha256 == sha256 and base.withdrawn_at is None:
            raise OperationRefused("Rien n’a changé depuis la version publiée.")
        asked = PublicationRequest(
            id=uuid4(), draft_id=draft_id, key=draft.key, owner_id=draft.owner_id,
            base_id=draft.base_id, sha256=sha256, comment=comment,
            acknowledged=list(acknowledged), asked_by=actor.person_id,
        )  # fmt: skip
        db.session.add(asked)
        try:
            db.session.flush()
        except IntegrityError:
            raise OperationRefused(
                "Une demande de publication attend déjà pour cette démarche."
            ) from None
        db.session.add_all(
            PublicationFile(request_id=asked.id, name=name, content=content)
            for name, content in files.items()
        )
        _note(asked, "publication_asked", actor, sha256=sha256, reason=comment)
        _tell_colleagues(asked, "asked", draft.name, actor)
        return asked.id


def accept(
    request_id: UUID, whole: Mapping[str, bytes], model: Model, *, actor: Actor
) -> int:
    """Publish exactly what was asked: `whole` is its files with those compiled of them.

    Returns the version. Raises Forbidden, OperationRefused when it was decided meanwhile, or
    when somebody published another version since, DiagramRefused, Busy.
    """
    with transaction():
        asked = _waiting(request_id, actor, "decide")
        _exactly(asked, whole)
        draft = _its_draft(asked)
        journal.turn(f"procedure:{asked.key}")
        _on_the_last(asked.key, asked.base_id)
        said = publishing.Said(
            asked.owner_id, asked.sha256, "designer", asked.asked_by, actor.person_id,
            asked.comment,
        )  # fmt: skip
        made = publishing.frozen(asked.key, whole, model, said)
        _decide(asked, ACCEPTED, actor)
        asked.version = made.version
        if draft is not None and digest(procedure_drafts.files(draft.id)) == asked.sha256:
            drop(draft)
        elif draft is not None:  # somebody wrote in it since it was frozen
            draft.base_id = made.id
        _tell(asked, "accepted", made.name, actor, version=made.version)
        return made.version


def refuse(request_id: UUID, reason: str, *, actor: Actor) -> None:
    """Do not publish; the draft goes on. Raises Forbidden, OperationRefused."""
    reason = _said(
        reason, OperationRefused("Motif : dites ce que cette personne doit corriger.")
    )
    with transaction():
        asked = _waiting(request_id, actor, "decide")
        _decide(asked, REFUSED, actor)
        asked.reason = reason
        _note(asked, "publication_refused", actor, reason=reason)
        _tell(asked, "refused", _name(asked), actor)


def take_back(request_id: UUID, *, actor: Actor) -> None:
    """Ask no more; what was frozen is kept as a trace. Raises Forbidden, OperationRefused."""
    with transaction():
        asked = _waiting(request_id, actor, "take back")
        _decide(asked, WITHDRAWN, actor)
        _note(asked, "publication_taken_back", actor)


def withdraw_version(definition_id: UUID, motive: str, *, actor: Actor) -> int:
    """Take the current version out of service: new cases take the one before.

    Running cases keep theirs. One person may, since it can be urgent; the colleagues are
    told. Returns the version now in service. Raises Forbidden, OperationRefused when it is
    not the current one, or when there is none before.
    """
    motive = _said(
        motive, OperationRefused("Motif : dites pourquoi cette version est retirée.")
    )
    with transaction():
        found = lock(ProcessDefinition, definition_id)
        require(actor, "design", found)
        journal.turn(f"procedure:{found.key}")
        if found.withdrawn_at or definitions.latest(found.key).id != found.id:
            raise OperationRefused("Cette version n’est plus celle des nouveaux dossiers.")
        found.withdrawn_at = clock.now()
        db.session.flush()
        try:
            before = definitions.latest(found.key)
        except definitions.UnknownProcedure:
            raise OperationRefused(
                "Aucune version précédente : publiez-en une avant de retirer celle-ci."
            ) from None
        beginnings.arm(before, definitions.model(before.id))
        _requests_follow(found, before)
        journal.write(
            f"procedure:{found.key}", "version_withdrawn", by=actor.person_id,
            detail={"version": found.version, "now": before.version, "motive": motive},
        )  # fmt: skip
        said = {"what": "withdrawn", "key": found.key, "name": found.name,
                "version": found.version, "now": before.version}  # fmt: skip
        tell(
            notices.PROCEDURE, *_colleagues(found.owner_id), by=actor.person_id, detail=said
        )
        return before.version


def _requests_follow(gone: ProcessDefinition, now: ProcessDefinition) -> None:
    """What people were filling in is filed under the version in service, with its form."""
    if now.start_form is None or now.start_role != gone.start_role:
        return
    db.session.execute(
        update(Draft)
        .where(Draft.definition_id == gone.id, Draft.task_id.is_(None))
        .values(definition_id=now.id, page=0)
        .execution_options(synchronize_session=False)
    )


def _waiting(request_id: UUID, actor: Actor, act: str) -> PublicationRequest:
    asked = lock(PublicationRequest, request_id)
    require(actor, act, asked)
    if asked.status != ASKED:
        raise OperationRefused("Cette demande n’attend plus : quelqu’un a déjà décidé.")
    return asked


def _exactly(asked: PublicationRequest, whole: Mapping[str, bytes]) -> None:
    """What is published is what was asked, to the byte."""
    files = procedure_drafts.requested(asked.id)
    given = {name: whole.get(name, b"") for name in files}
    if given != files or digest(files) != asked.sha256:
        raise OperationRefused("Les fichiers ne sont plus ceux de la demande : refusez-la.")


def _on_the_last(key: str, base_id: UUID | None) -> None:
    last = procedure_drafts.newest(key)
    if (last.id if last else None) != base_id:
        raise OperationRefused(
            "Une autre version a été publiée depuis que ce brouillon a commencé : comparez, "
            "reprenez ses changements, puis demandez à nouveau la publication."
        )


def _its_draft(asked: PublicationRequest) -> ProcedureDraft | None:
    """The draft that it froze, locked, if it is still there."""
    draft = procedure_drafts.of_key(asked.key)
    if draft is None or draft.id != asked.draft_id:
        return None
    return lock(ProcedureDraft, draft.id)


def _decide(asked: PublicationRequest, status: str, actor: Actor) -> None:
    asked.status, asked.decided_by, asked.decided_at = status, actor.person_id, clock.now()


def _said(text: str, otherwise: OperationRefused) -> str:
    if not text.strip():
        raise otherwise
    if len(text) > LONGEST:
        raise OperationRefused("Votre texte dépasse 2 000 caractères : raccourcissez-le.")
    return text.strip()


def _name(asked: PublicationRequest) -> str:
    draft = procedure_drafts.of_key(asked.key)
    return draft.name if draft else asked.key


def _tell(
    asked: PublicationRequest, what: str, name: str, actor: Actor, **more: Any
) -> None:
    """Whoever asked is told what became of it."""
    said = {"what": what, "key": asked.key, "name": name, "request": str(asked.id), **more}
    tell(notices.PROCEDURE, person(asked.asked_by), by=actor.person_id, detail=said)


def _tell_colleagues(asked: PublicationRequest, what: str, name: str, actor: Actor) -> None:
    said = {"what": what, "key": asked.key, "name": name, "request": str(asked.id)}
    tell(notices.PROCEDURE, *_colleagues(asked.owner_id), by=actor.person_id, detail=said)


def _colleagues(owner_id: UUID) -> list[Any]:
    return [holders(owner_id, role) for role in (PROCESS_DESIGNER, LEGAL_OFFICER)]


def _note(asked: PublicationRequest, action: str, actor: Actor, **detail: Any) -> None:
    said = {"request": str(asked.id), **detail}
    journal.write(f"procedure:{asked.key}", action, by=actor.person_id, detail=said)
