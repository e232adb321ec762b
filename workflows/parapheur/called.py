"""A folder that another procedure opens: its files are signed, and go back to who asked."""

from typing import Any
from uuid import UUID

from connectors import Refused, StoredFile
from engine.actors import VISITOR
from engine.models import ProcessInstance, db
from engine.operations import operation
from workflows.parapheur import admission, deposit, standings
from workflows.parapheur.admission import Given
from workflows.parapheur.models import ANNEX, FINISHED, MAIN, Folder
from workflows.parapheur.passing_on import files_to_send

Plain = dict[str, Any]
ORIGIN = "procedure"


@operation
def prepare_folder(
    *, case: Plain, subtype: str, desk: str, title: str, files: list[Any]
) -> Plain:
    """What a called folder begins with: {procedure, subtype_id, desk, title, files}.

    The first of `files` is signed, the others go with it. Raises Refused("invalid") with a
    sentence for each thing that such a folder may not have.
    """
    given = [one for f in files for one in (f if isinstance(f, list) else [f])]
    said = {
        "procedure": standings.FOLDER,
        "subtype_id": subtype,
        "desk": desk,
        "title": title[: admission.LONGEST_TITLE],
        "files": [
            {key: one[key] for key in ("sha256", "name", "media_type", "size")}
            for one in given
        ],
    }
    try:
        admission.checked_by_procedure(_asked(case, said))
    except admission.DepositRefused as refused:
        raise Refused(list(refused.errors.values()), code="invalid") from refused
    return said


def begin(case: Plain, said: Plain) -> Plain:
    """Enter a folder that `prepare_folder` described."""
    asked = _asked(case, said)
    subtype = admission.checked_by_procedure(asked)
    folder = deposit.entered(asked, subtype, UUID(case["id"]), case["number"])
    return deposit.described(folder, case["number"])


def _asked(case: Plain, said: Plain) -> admission.Asked:
    body = db.session.get_one(ProcessInstance, UUID(case["id"])).organisation_id
    files = [
        Given(
            StoredFile(one["sha256"], one["name"], one["media_type"], int(one["size"])),
            ANNEX if rank else MAIN,
            one["name"],
        )
        for rank, one in enumerate(said["files"])
    ]
    return admission.Asked(
        actor=VISITOR, organisation_id=body, subtype_id=UUID(said["subtype_id"]),
        author_role=said["desk"], title=said["title"], files=files, metadata={}, act={},
        external_id=None, origin=ORIGIN, visibility=None,
    )  # fmt: skip


@operation
def signed_files(*, case: Plain, folder: Plain) -> Plain:
    """What became of a called folder: {finished, files}, as `files_to_send` describes them."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    caller = db.session.get_one(ProcessInstance, UUID(case["id"]))
    if row.organisation_id != caller.organisation_id:
        raise ValueError("Ce dossier du parapheur est celui d’un autre organisme.")
    return {
        "finished": row.state == FINISHED,
        "files": files_to_send(case=case, folder=folder)["files"],
    }
