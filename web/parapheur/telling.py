"""What the State is told of a folder: the questions of ACTES, in the form of a deposit."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request

from web.legality import act_form
from web.parapheur.taking import Kept
from workflows.parapheur.models import ACTES, DETACHED, Folder, FolderSubtype


def questions(
    subtype: FolderSubtype, organisation_id: UUID, folder: Folder | None
) -> dict[str, Any]:
    """What the form shows of the act: its questions, and the types of its documents."""
    if subtype.type.protocol != ACTES:
        return {"act": None, "types": []}
    if request.method == "POST":
        known = act_form.typed_of(request.form)
    elif folder is not None and folder.details.get("act"):
        known = dict(folder.details["act"])
    else:
        usual = subtype.transmission or {}
        known = {name: usual[name] for name in ("nature", "matter") if usual.get(name)}
    asked = act_form.asked(organisation_id, known)
    return {"act": asked, "types": asked.types}


def act(
    subtype: FolderSubtype, organisation_id: UUID, files: Sequence[Kept]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What is told of the act, and what is wrong by input."""
    if subtype.type.protocol != ACTES:
        return {}, {}
    values, errors = act_form.read(request.form, organisation_id=organisation_id)
    sent = [(place, one) for place, one in enumerate(files) if one.kind != DETACHED]
    types = [one.document_type for _place, one in sent]
    wrong = act_form.read_types(types, values["nature"], organisation_id=organisation_id)
    errors |= {f"fichier-{sent[place][0]}": told for place, told in wrong.items()}
    return values, errors
