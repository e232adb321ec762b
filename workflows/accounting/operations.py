"""What the diagrams ask of accounts: register an order, follow the transmission of a PES.

Each function runs inside the transaction of the step, takes and returns plain values.
Errors are sentences in French, read in the incident; a refusal is an error of the diagram.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from connectors import Refused, StoredFile
from engine import clock, directory, notices, told
from engine.directory import Organisation
from engine.models import ProcessInstance, db
from engine.operations import operation
from workflows.accounting import files, orders, rules
from workflows.accounting.answers import (
    acknowledgement_file,
    close_pes,
    note_refusal,
    record_acknowledgement,
)
from workflows.accounting.contracts import register_contract
from workflows.accounting.invoices import (
    enter_invoice,
    reject_invoice,
    resume_invoice,
    suspend_invoice,
)
from workflows.accounting.models import (
    ACKNOWLEDGED,
    CHECKING,
    CLOSED,
    ERROR,
    IN_PES,
    MADE,
    PARTIAL,
    REFUSED,
    REJECTED,
    REPLACED,
    SENT,
    SIGNING,
    Pes,
    PesDocument,
)
from workflows.accounting.orders import OrderRefused
from workflows.accounting.paying import order_invoice, prepare_settlement

__all__ = [
    "acknowledgement_file",
    "close_pes",
    "enter_invoice",
    "enter_pes",
    "note_overdue",
    "note_refusal",
    "order_invoice",
    "prepare_settlement",
    "record_acknowledgement",
    "record_batches",
    "record_sent",
    "register_contract",
    "register_payment_order",
    "reject_invoice",
    "resume_invoice",
    "suspend_invoice",
]

Plain = dict[str, Any]


@operation
def register_payment_order(
    *,
    case: Plain,
    kind: str,
    subject: str,
    amount: float,
    account: str,
    third_party: Plain,
    reference: str = "",
    vat: float = 0,
    function: str = "",
    contract: str = "",
    documents: list[Plain] | None = None,
) -> Plain:
    """Register an order to pay (`expense`) or to claim (`revenue`): {id, reference, amount}.

    The same case and reference register it once. `third_party` is {name, siret, iban,
    address: {line2, postal_code, city}, …}; `documents` are stored files of the case.
    """
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    given = f"{instance.number}{'/' + reference if reference else ''}"
    values = {
        "kind": kind, "subject": subject, "amount": f"{amount}", "vat": f"{vat}",
        "account": account, "function": function, "contract": contract,
        "third_party": third_party,
        "documents": orders.joined(documents or [], given),
    }  # fmt: skip
    try:
        order = orders.register(
            values, organisation_id=instance.organisation_id, reference=given,
            instance_id=instance.id,
        )  # fmt: skip
    except OrderRefused as refused:
        raise ValueError(f"Mandat : {refused}") from refused
    return {"id": str(order.id), "reference": given, "amount": f"{order.amount:.2f}"}


@operation
def enter_pes(*, case: Plain, files: list[Plain], folder: Plain | None = None) -> Plain:
    """Enter the PES that a case transmits: {id, document, account}.

    `files` are stored ones, the PES being the first in XML. Raises Refused without any.
    """
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    document = next((one for one in files or [] if _is_xml(one)), None)
    if document is None:
        raise Refused(["Aucun fichier PES (XML) n’est joint."], code="refused")
    previous = _of_case(instance.id)
    row = _awaited(folder) if previous is None else None
    if row is None:
        stored = StoredFile(
            document["sha256"], document["name"],
            document.get("media_type") or "application/xml", int(document.get("size") or 0),
        )  # fmt: skip
        row = _new(stored, instance, previous)
    row.instance_id, row.state, row.reasons = instance.id, CHECKING, []
    row.sha256, row.file_name = document["sha256"], document["name"][:255]
    row.size = int(document.get("size") or row.size)
    body = db.session.get_one(Organisation, instance.organisation_id)
    return {
        "id": str(row.id),
        "document": {
            "sha256": row.sha256, "name": row.file_name, "media_type": "application/xml",
            "size": row.size, "document_type": "", "signature_sha256": None,
        },
        "account": {"siren": directory.describe(body)["siren"]},
    }  # fmt: skip


@operation
def record_batches(*, case: Plain, pes: Plain, inspection: Plain) -> Plain:
    """Write the batches of a PES checked, and keep its name: {name, batches}.

    Raises Refused when the accountant was already sent that name, or one of its documents.
    """
    row = db.session.get_one(Pes, UUID(pes["id"]))
    files.describe(row, inspection)
    header = inspection["header"]
    name, code = header["name"], header["code"]
    reasons = []
    if files.used_before(row.organisation_id, code, name):
        reasons.append(
            f"NomFic « {name} » a déjà été transmis pour la collectivité {code} : "
            "donnez un autre nom au fichier."
        )
    reasons += _documents_used(row)
    if reasons:
        raise Refused(reasons, code="refused")
    row.sent_as = files.sent_as(code, name)
    _adopt(row)
    db.session.flush()
    return {"name": name, "batches": len(inspection["batches"])}


@operation
def record_sent(*, case: Plain, pes: Plain, sent: Plain) -> Plain:
    """Note that a PES left: {id, sent_on}."""
    row = db.session.get_one(Pes, UUID(pes["id"]))
    row.state, row.sent_at, row.remote_id = SENT, clock.now(), str(sent["id"])[:100]
    return {"id": row.remote_id, "sent_on": clock.today().isoformat()}


@operation
def note_overdue(*, case: Plain, pes: Plain) -> None:
    """Tell the accountants of the body that the acknowledgement of a PES is late."""
    row = db.session.get_one(Pes, UUID(pes["id"]))
    told.tell(
        notices.ASSIGNED, told.holders(row.organisation_id, rules.ACCOUNTANT), by=None,
        case_id=UUID(case["id"]),
        detail={"task": f"Acquittement en retard : PES {row.name}"},
    )  # fmt: skip


def _is_xml(file: Plain) -> bool:
    return "xml" in (file.get("media_type") or "") or file["name"].lower().endswith(".xml")


def _of_case(instance_id: UUID) -> Pes | None:
    """The latest PES that a case transmitted."""
    return db.session.scalars(
        select(Pes)
        .where(Pes.instance_id == instance_id)
        .order_by(Pes.created_at.desc(), Pes.id)
        .limit(1)
    ).one_or_none()


def _awaited(folder: Plain | None) -> Pes | None:
    """The PES that waits for its signature in this folder of the book."""
    if not folder or not folder.get("id"):
        return None
    return db.session.scalars(
        select(Pes).where(
            Pes.folder_id == UUID(str(folder["id"])), Pes.state == SIGNING
        ).limit(1)
    ).one_or_none()  # fmt: skip


def _new(file: StoredFile, instance: ProcessInstance, previous: Pes | None) -> Pes:
    row = files.entered(file, organisation_id=instance.organisation_id, by=None)
    if previous is not None:
        row.replaces_id, row.folder_id = previous.id, previous.folder_id
        orders.pass_on(previous.id, row.id, REJECTED)
        if previous.state in {REFUSED, ERROR}:
            previous.state = CLOSED
    return row


def _adopt(row: Pes) -> None:
    """A file made here and signed elsewhere comes back under its name: its orders follow."""
    made = select(Pes).where(
        Pes.organisation_id == row.organisation_id, Pes.name == row.name,
        Pes.code == row.code, Pes.state == MADE, Pes.id != row.id,
    )  # fmt: skip
    for one in db.session.scalars(made):
        orders.pass_on(one.id, row.id, IN_PES)
        one.state, row.replaces_id = REPLACED, row.replaces_id or one.id


def _documents_used(row: Pes) -> list[str]:
    """A sentence for each document whose identifier was already sent, and not refused."""
    mine = select(PesDocument.unique_id).where(PesDocument.pes_id == row.id)
    used = db.session.scalars(
        select(PesDocument.unique_id)
        .join(Pes, Pes.id == PesDocument.pes_id)
        .where(
            PesDocument.organisation_id == row.organisation_id,
            PesDocument.unique_id.in_(mine),
            PesDocument.pes_id != row.id,
            PesDocument.state != REFUSED,
            Pes.state.in_((SENT, ACKNOWLEDGED, PARTIAL)),
        )
        .limit(10)
    )
    return [
        f"La pièce « {one} » a déjà été transmise : donnez-lui un autre identifiant (IdUnique)."
        for one in used
    ]
