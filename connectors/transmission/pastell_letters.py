"""The prefecture's letters in Pastell: documents of the flux `actes-reponse-prefecture`."""

from collections.abc import Callable
from typing import Any

from connectors import Produced, Refused
from connectors.transmission import answers, messages, writing
from connectors.transmission.pastell_calls import DRAFT, PARTNER, PastellCalls, Plain, whole
from connectors.wire import Unreadable, text_field

LETTERS = "actes-reponse-prefecture"
WAITING, OVER = "attente-reponse-prefecture", "termine"
NAMES = {
    2: "courrier_simple",
    3: "demande_piece_complementaire",
    4: "lettre_observation",
}


class PastellLetters(PastellCalls):
    def sent(
        self, account: Plain, flux: str, key: str, fill: Callable[[str], None]
    ) -> Produced:
        """A new document filled, then sent on once; a refused draft is deleted."""
        if (known := self.sendings.number(key)) is not None:
            return Produced({"id": known})
        document = self.draft(account, flux, key)
        facts = {
            "account": account,
            "document": document,
            "before": list(DRAFT),
            "number": document,
        }

        def send() -> str:
            fill(document)
            self.act(account, document, "send-tdt")
            return document

        try:
            return Produced({"id": self.sendings.once(key, facts, send)})
        except Refused:
            self.drop(account, document, key)
            raise

    def choose(self, account: Plain, document: str, field: str, kinds: list[str]) -> None:
        """The types of a document's files: the main one, then the others in order."""
        path = f"document/{document}/externalData/{field}"
        self.ask("PATCH", account, path, data={"type_pj[]": kinds})

    def letters(self, *, account: Plain, key: str = "") -> list[Plain]:
        return [
            self._described(account, row)
            for state in (WAITING, OVER)
            for row in self.listed(account, LETTERS, state)
            if not self.noted(row)
        ]

    def letter(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        detail = self.detail(account, id)
        files = answers.unpacked(self.take(account, id, "reponse_prefecture"))
        value, message = messages.letter(files)
        received = str(detail["data"].get("date") or "")[:10]
        documents = [
            self.kept(
                "prefecture_letter" if name != message else "prefecture_message",
                "Courrier de la préfecture"
                if name != message
                else "Message de la préfecture",
                content,
                name,
                "application/xml" if name == message else "application/pdf",
            )
            for name, content in files.items()
            if name == message or not name.lower().endswith(".xml")
        ]
        return Produced({**value, "received_on": messages.day(received)}, documents)

    def letter_read(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        self.detail(account, id)  # a letter of this body
        self.note_read(id)
        return Produced({"id": id})

    def answer_letter(
        self,
        *,
        account: Plain,
        id: str,  # noqa: A002
        accepts: bool,
        documents: list[Plain],
        key: str,
    ) -> Produced:
        data = self.detail(account, id)["data"]
        kind = _kind(data)
        _answerable(kind, documents, accepts=accepts)
        kinds = [writing.typed(one) for one in documents]
        facts = {
            "account": account,
            "document": id,
            "before": [WAITING, "modification", "repondre", "erreur-verif-tdt"],
            "number": id,
        }

        def send() -> str:
            if not data.get("repondre"):
                self.act(account, id, "repondre")
            main, *others = documents
            self.put(account, id, "reponse", 0, main)
            for rank, one in enumerate(others):
                self.put(account, id, f"reponse_pj_{NAMES[kind]}", rank, one)
            if kind != 2:  # noqa: PLR2004  a simple letter is answered, never refused
                self.fill(account, id, refus_reponse="" if accepts else "1")
            self.choose(account, id, f"type_piece_{NAMES[kind]}", kinds)
            self.act(account, id, "send-reponse-prefecture")
            return id

        return Produced({"id": self.sendings.once(key, facts, send)})

    def noted(self, row: Plain) -> bool:
        """Whether a listed document was already taken in charge."""
        return self.sendings.noted(f"read/{row.get('id_d')}")

    def note_read(self, document: str) -> None:
        self.sendings.once(f"read/{document}", {}, lambda: document)

    def _described(self, account: Plain, row: Plain) -> Plain:
        document = text_field(row, "id_d", partner=PARTNER)
        data = self.detail(account, document)["data"]
        # Pastell tells the number of the act; its identifier is in the message alone.
        files = answers.unpacked(self.take(account, document, "reponse_prefecture"))
        return {
            "id": document,
            "kind": messages.KINDS[_kind(data)],
            "act_unique_id": messages.letter(files)[0]["act_unique_id"],
            "related_id": str(data.get("related_transaction_id") or ""),
        }


def _kind(data: dict[str, Any]) -> int:
    found = str(data.get("type_reponse") or "")
    if not found.isdigit() or int(found) not in messages.KINDS:
        raise Unreadable(f"{PARTNER} : courrier de type inconnu ({found[:20]}).")
    return int(found)


def _answerable(kind: int, documents: list[Plain], *, accepts: bool) -> None:
    """Raise Refused for an answer that Pastell has no way to send."""
    if kind not in NAMES:
        raise Refused(["Un déféré ne se répond pas par la télétransmission."])
    if not documents:
        raise Refused(["Une réponse à la préfecture porte au moins un document."])
    whole(documents)
    if len(documents) > 1 and (kind != 3 or not accepts):  # noqa: PLR2004
        raise Refused(
            [
                "Pastell n’envoie qu’un document avec cette réponse : réunissez-les en un PDF."
            ]
        )
