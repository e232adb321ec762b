"""What comes from the State: recorded once, given to whoever waits, kept for its member."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import clock, wake
from engine.models import db
from engine.transaction import lock, transaction
from workflows.relay import keeping
from workflows.relay.models import (
    LETTERS,
    PES,
    PES_RETURN,
    Status,
    Transmission,
    TransmissionAccount,
    TransmissionArrival,
)

Plain = dict[str, Any]
UNKNOWN = "Personne ici n’attend ce message."
_RECEIPTS = {"3-1", "4-1"}
_UNDER_WAY = (Status.TRANSMITTED, Status.WAITING, Status.POSTED)
_ANSWERS = {
    "1-2": ("1-1",),
    "1-3": ("1-1",),
    "3-5": ("3-3", "3-4"),
    "4-5": ("4-3", "4-4"),
    "6-2": ("6-1",),
}


def record(item: Plain) -> bool:
    """Record an arrival of `actes.collect`, once; False when it was recorded already."""
    name = f"{item['id']}/{item.get('name', '')}"[:300]
    return _once(name, lambda: _arrived(item))


def record_pes(item: Plain, understood: Plain) -> bool:
    """Record an arrival of `helios.collect`, as `helios.read_…` understood it."""
    return _once(str(item["id"])[:300], lambda: _pes_arrived(item, understood))


def _once(name: str, arrive: Any) -> bool:
    """In one transaction with the name that makes it unique."""
    try:
        with transaction() as after_commit:
            if db.session.get(TransmissionArrival, name) is not None:
                return False
            db.session.add(
                TransmissionArrival(name=name, at=clock.now(), problem=arrive() or "")
            )
            after_commit.append(wake.for_sweep)
    except IntegrityError:  # another process has just done so
        return False
    return True


def _arrived(item: Plain) -> str:
    """Do what an arrival says; a sentence when nobody is concerned."""
    if item["kind"] == "unreadable":
        return str(item["problem"])
    if item["kind"] == "envelope_refused":
        row = _latest(Transmission.envelope == item["envelope"])
        return _closed(row, item, Status.ERROR, item["detail"])
    code = item["code"]
    if code in LETTERS:
        return _letter(item)
    if code in {"7-2", "7-3"}:
        return _classification(item)
    about = [
        Transmission.unique_id == item["act_id"],
        Transmission.code.in_(_ANSWERS.get(code, ())),
    ]
    row = _latest(*about, letter_on=item.get("letter_on"))
    if code == "1-3":
        return _closed(
            row, item, Status.ERROR, item["detail"] or f"Anomalie {item['nature']}"
        )
    problem = _closed(row, item, Status.ACKNOWLEDGED)
    if row is not None and row.related_id:
        turned = Status.CANCELLED if code == "6-2" else Status.ANSWER_RECEIVED
        keeping.turn(lock(Transmission, row.related_id), turned)
    return problem


def _latest(*conditions: Any, letter_on: str | None = None) -> Transmission | None:
    """The transmission concerned: the one under way, else the latest."""
    found = db.session.scalars(
        select(Transmission).where(*conditions).order_by(Transmission.id.desc()).limit(20)
    ).all()
    if letter_on:
        found = [one for one in found if one.details.get("letter_on") == letter_on]
    under_way = [one for one in found if one.status in _UNDER_WAY]
    row = next(iter(under_way or found), None)
    return lock(Transmission, row.id) if row else None


def _closed(
    row: Transmission | None, item: Plain, status: Status, message: str = ""
) -> str:
    """Give a transmission its answer, and let its case go on."""
    if row is None:
        return UNKNOWN
    answer = keeping.document(
        keeping.stored(item["xml"]), row, "transmission_answer", "Réponse de l’État"
    )
    row.answer_id = answer.id
    if received_on := item.get("received_on"):
        row.details = {**row.details, "received_on": received_on}
    keeping.turn(row, status, message)
    said = {"status": int(status), "message": message, "name": item["name"]}
    keeping.tell(keeping.ANSWER, row.id, said)
    return ""


def _classification(item: Plain) -> str:
    accounts = select(TransmissionAccount.organisation_id).where(
        TransmissionAccount.siren == item["siren"]
    )
    row = _latest(Transmission.organisation_id.in_(accounts), Transmission.code == "7-1")
    if row is None:
        return UNKNOWN
    if item["code"] == "7-3":
        # Nothing new: what is held stays the answer that serves.
        keeping.turn(row, Status.REFUSED, "Classification sans changement.")
        keeping.tell(keeping.ANSWER, row.id, {"status": row.status})
        return ""
    row.details = {**row.details, "dated": item["dated"]}
    return _closed(row, item, Status.ACKNOWLEDGED)


def _letter(item: Plain) -> str:
    """A letter is a transmission of its own, about the act that it names."""
    act = _latest(Transmission.unique_id == item["act_id"], Transmission.code == "1-1")
    if act is None:
        return UNKNOWN
    code = item["code"]
    row = Transmission(
        organisation_id=act.organisation_id,
        code=code,
        status=int(Status.RECEIVED if code in _RECEIPTS else Status.READ),
        unique_id=act.unique_id,
        number=act.number,
        subject=act.subject,
        related_id=act.id,
        instance_id=act.instance_id,
        envelope=str(item["id"])[:100],
        details={
            "letter_on": item.get("letter_on") or item.get("filed_on"),
            "text": str(item.get("text") or "")[:4000],
        },
    )
    db.session.add(row)
    db.session.flush()
    keeping.turn(row, Status(row.status))
    keeping.add_file(row, 0, keeping.stored(item["xml"]))
    for rank, file in enumerate(item["files"], 1):
        keeping.add_file(row, rank, keeping.stored(file))
    return ""


def _pes_arrived(item: Plain, understood: Plain) -> str:
    row = _latest(Transmission.number == item["name"], Transmission.code == PES)
    if row is None:
        return UNKNOWN
    named = {**item, "xml": vars(item["file"])}
    if item["kind"] == "PES_ACQUIT":
        refused = understood.get("status") == "refused"
        message = " ".join(understood.get("reasons") or [])[:2000]
        # S²LOW says « information disponible » when part of a PES was refused.
        status = Status.REFUSED if refused else Status.ACKNOWLEDGED
        if understood.get("status") == "partial":
            status = Status.RECEIPT_SENT
        return _closed(row, named, status, message)
    returned = Transmission(
        organisation_id=row.organisation_id,
        code=PES_RETURN,
        status=int(Status.READ),
        number=item["name"][:100],
        subject=item["file"].name[:500],
        related_id=row.id,
        instance_id=row.instance_id,
        details={},
    )
    db.session.add(returned)
    db.session.flush()
    keeping.add_file(returned, 0, item["file"])
    return ""
