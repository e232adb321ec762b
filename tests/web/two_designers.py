"""The designers of the two offices: a draft, what waits to be published, a migration tried."""

from typing import Any
from uuid import uuid4

from engine import procedure_drafts
from engine.commands import jobs
from engine.commands import procedure_drafts as drafts
from engine.commands.jobs import Selection
from engine.commands.operations import Operation
from engine.directory import LEGAL_OFFICER, PROCESS_DESIGNER
from engine.models import db
from workflows import designing, proposing

ROLES = {
    "designer": PROCESS_DESIGNER,
    "second_designer": PROCESS_DESIGNER,
    "legal_officer": LEGAL_OFFICER,
}
NEW_KEY = "grants.new_aid"


def design(office: Any) -> None:
    """Begin the next version of the first office's procedure, and ask that another be let out."""
    ids, designer = office.ids, office.actor("designer")
    draft = ids["procedure_draft"] = drafts.begin_from(ids["definition"], actor=designer)
    name, (content, rev) = "size_class.dmn", procedure_drafts.file(draft, "size_class.dmn")
    drafts.save_file(draft, name, content + b"\n", rev, actor=designer)
    files = designing.first_files(NEW_KEY, "Nouvelle aide")
    new = ids["new_draft"] = drafts.begin(NEW_KEY, ids["region"], files, actor=designer)
    ids["publication"] = proposing.ask(new, "Une aide de plus", read=True, actor=designer)
    ids["migration"] = jobs.create(
        uuid4(),
        Selection(definition_id=str(ids["definition"])),
        Operation("migrate", to=str(ids["definition"])),
        actor=designer,
        motive="essai",
        rehearsal=True,
    )
    db.session.rollback()
