"""S²LOW's addresses for the prefecture's letters: list, fetch, take in charge, answer."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from web.security import csrf
from web.transmission import describing, receiving, sheets
from web.transmission.acts import UNKNOWN, asked, number
from web.transmission.admitting import account, account_only
from web.transmission.latin import expect_form, file, ko, ok, plain
from web.transmission.receiving import Rejected
from workflows.relay import deposits, keeping, reading
from workflows.relay.deposits import DepositRefused
from workflows.relay.models import LETTERS, Transmission

_REFUSES, _ACCEPTS = "3", "4"

bp = Blueprint("transmission_letters", __name__, url_prefix="/modules/actes")
csrf.exempt(bp)


@bp.get("/api/list_document_prefecture.php")
@account_only
def unread() -> ResponseReturnValue:
    """The letters that nobody took in charge yet."""
    return jsonify(
        [
            {
                "id": str(one.id),
                "type": one.code[0],
                "related_transaction_id": str(one.related_id or ""),
                "number": one.number,
                "unique_id": one.unique_id,
                "last_status_id": str(one.status),
            }
            for one in reading.unread(account(), *LETTERS)
        ]
    )


@bp.get("/api/document_prefecture_mark_as_read.php")
@account_only
def mark_as_read() -> ResponseReturnValue:
    """Say that a letter was taken in charge; the receipt that the law asks for is sent."""
    try:
        deposits.mark_read(account(), number("transaction_id"))
    except DepositRefused as refusal:
        return ko(str(refusal))
    return jsonify(result="ok")


@bp.get("/actes_transac_get_document.php")
@account_only
def document() -> ResponseReturnValue:
    """Of an act, a line a message about it; of a letter, its files in a tar.gz."""
    found = asked("id")
    if found is None:
        return ko(UNKNOWN)
    if found.code not in LETTERS:
        return plain("".join(map(_line, reading.about(found))))
    name = f"{found.envelope or f'courrier-{found.id}'}".removesuffix(".tar.gz")
    archive = sheets.archive(keeping.files_of(found))
    return file(archive, f"{name}.tar.gz", "application/gzip")


def _line(row: Transmission) -> str:
    return f"{row.code[0]}-{row.status}-{row.id}\n"


@bp.post("/actes_transac_reponse_create.php")
@account_only
def answer() -> ResponseReturnValue:
    """Answer a letter: the number of the answer."""
    expect_form()
    try:
        made = _answer()
    except (Rejected, DepositRefused) as refusal:
        return plain(f"KO : {refusal}")
    return plain(f"OK : id généré : {made}\n") if request.args.get("api") else ok(made)


def _answer() -> int:
    kind = request.form.get("type_envoie", "")
    if kind not in {_REFUSES, _ACCEPTS}:
        raise Rejected("Type de réponse inconnu.")
    letter = reading.of(account(), number("id", request.form))
    if letter is None or letter.code not in LETTERS:
        raise Rejected(UNKNOWN)
    files = receiving.posted("acte_pdf_file", [request.form.get("type_acte", "")])
    files = files[:1] + receiving.posted(
        "acte_attachments", request.form.getlist("type_pj[]")
    )
    if not files:
        raise Rejected("Envoi de fichier illégal.")
    known = describing.lists(account())
    every = frozenset().union(*known.types.values())
    receiving.check(files, every, main_is_pdf=False)
    letter_id = letter.id
    kept = receiving.deposited(files)
    return deposits.answer(account(), letter_id, kept, accepts=kind == _ACCEPTS)
