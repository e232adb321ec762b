"""A draft that began before the last version: bring in what that one changed, file by file."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from engine import journal, procedure_drafts
from engine.access import Actor
from engine.commands.procedure_drafts import held, replaced
from engine.errors import OperationRefused
from engine.models import ProcessDefinition
from engine.procedure_drafts import ProcedureDraft
from engine.transaction import transaction


@dataclass(frozen=True)
class Apart:
    """What the last version and a draft changed, each on its side, since the draft began.

    `theirs` are the files that only the version changed, `both` those that both did.
    """

    last: ProcessDefinition
    theirs: list[str]
    both: list[str]


def apart(draft: ProcedureDraft) -> Apart | None:
    """What a draft lacks of the last version; None when it began from it."""
    last = procedure_drafts.newest(draft.key)
    if last is None or last.id == draft.base_id:
        return None
    base, mine = procedure_drafts.published(draft.base_id), procedure_drafts.files(draft.id)
    new = procedure_drafts.published(last.id)
    names = sorted(base.keys() | mine.keys() | new.keys())
    changed = [n for n in names if new.get(n) not in (base.get(n), mine.get(n))]
    both = [n for n in changed if mine.get(n) != base.get(n)]
    return Apart(last, [n for n in changed if n not in both], both)


def catch_up(
    draft_id: UUID, last_id: UUID, kept: Mapping[str, str], *, actor: Actor
) -> None:
    """Take the changes of the last version (`last_id`, as it was shown) into the draft.

    `kept` says `mine` or `theirs` for each file that both changed. Raises Forbidden,
    DraftHeld, OperationRefused when one is left undecided, or when there is nothing to take.
    """
    with transaction():
        draft = held(draft_id, actor)
        found = apart(draft)
        if found is None:
            raise OperationRefused("Ce brouillon part déjà de la dernière version.")
        if found.last.id != last_id:
            raise OperationRefused("Une version de plus a été publiée : relisez la page.")
        if any(kept.get(name) not in {"mine", "theirs"} for name in found.both):
            raise OperationRefused("Choisissez pour chaque fichier changé des deux côtés.")
        taken = [*found.theirs, *(n for n in found.both if kept[n] == "theirs")]
        new = procedure_drafts.published(found.last.id)
        mine = {file.name for file in procedure_drafts.listed(draft_id)}
        gone = [name for name in taken if name not in new and name in mine]
        replaced(draft, {name: new[name] for name in taken if name in new}, gone, actor)
        draft.base_id = found.last.id
        journal.write(
            f"procedure:{draft.key}", "draft_caught_up", by=actor.person_id,
            detail={"version": found.last.version, "files": taken},
        )  # fmt: skip
