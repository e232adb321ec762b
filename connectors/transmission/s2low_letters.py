"""The prefecture's letters at S²LOW: list, read, take in charge, answer."""

from connectors import NotYet, Produced, Refused
from connectors.transmission import answers, messages, writing
from connectors.transmission.answers import PARTNER
from connectors.transmission.calls import ACTS, Plain, status_number
from connectors.transmission.s2low_acts import Acts
from connectors.transmission.sendings import Facts
from connectors.wire import Unreadable

REFUSES, ACCEPTS = "3", "4"
DOWNLOADED = "actes_download_file.php"


class Letters(Acts):
    def letters(self, *, account: Plain, key: str = "") -> list[Plain]:
        listed = answers.rows(self.get(account, f"{ACTS}/api/list_document_prefecture.php"))
        return [self._listed_letter(row) for row in listed]

    def letter(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        archive = self._archive(account, id)
        files = answers.unpacked(archive)
        value, message = messages.letter(files)
        documents = [
            self.kept(
                "prefecture_letter" if name != message else "prefecture_message",
                "Courrier de la préfecture"
                if name != message
                else "Message de la préfecture",
                content,
                name,
                _media_type(name),
            )
            for name, content in files.items()
            if name == message or not name.lower().endswith(".xml")
        ]
        received = self.clock().date().isoformat()
        return Produced({**value, "received_on": received}, documents)

    def letter_read(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        response = self.get(
            account, f"{ACTS}/api/document_prefecture_mark_as_read.php", transaction_id=id
        )
        if b'"ok"' not in response.content.replace(b"'", b'"'):
            answers.told(response)
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
        if not documents:
            raise Refused(["Une réponse à la préfecture porte au moins un document."])
        main, *others = documents
        form: dict[str, str | list[str]] = {
            "api": "1",
            "id": id,
            "type_envoie": ACCEPTS if accepts else REFUSES,
            "type_acte": writing.typed(main),
        }
        if others:
            form["type_pj[]"] = [writing.typed(one) for one in others]

        def send() -> str:
            files = [
                *writing.parts("acte_pdf_file", [main], self.documents),
                *writing.parts("acte_attachments", others, self.documents),
            ]
            path = f"{ACTS}/actes_transac_reponse_create.php?api=1"
            return answers.number_told(self.post(account, path, form, files))

        facts = {"kind": "answer", "account": account, "letter": id}
        return Produced({"id": self.sendings.once(key, facts, send)})

    def found(self, facts: Facts) -> str | None:
        if facts["kind"] != "answer":
            return super().found(facts)
        account, letter = facts["account"], facts["letter"]
        kind, number = self._message_of(account, letter)
        for row in self.transactions(account, facts["attempted_at"][:10]):
            listed = str(row.get("id") or "")
            later = listed.isdigit() and letter.isdigit() and int(listed) > int(letter)
            if later and row.get("number") == number and str(row.get("type")) == str(kind):
                return listed
        return None

    def _message_of(self, account: Plain, letter: str) -> tuple[int, str]:
        """The type of a letter and the number of its act, from the name of its message."""
        files = answers.rows(
            self.look(
                account, f"{ACTS}/actes_transac_get_files_list.php", transaction=letter
            )
        )
        name = str(files[0].get("name") or "") if files else ""
        parts = name.rsplit("/", 1)[-1].split("-")
        if len(parts) < 7:  # noqa: PLR2004  dep-siren-day-number-nature-type-rank_0.xml
            raise Unreadable(f"{PARTNER} : nom de message illisible (« {name[:80]} »).")
        return status_number(parts[-2]), "-".join(parts[3:-3])

    def _listed_letter(self, row: Plain) -> Plain:
        kind = messages.KINDS.get(status_number(str(row.get("type") or "")))
        if kind is None or not row.get("id"):
            raise Unreadable(f"{PARTNER} : courrier de type inconnu ({row.get('type')}).")
        return {
            "id": str(row["id"]),
            "kind": kind,
            "act_unique_id": str(row.get("unique_id") or ""),
            "related_id": str(row.get("related_transaction_id") or ""),
        }

    def _archive(self, account: Plain, letter: str) -> bytes:
        """A letter's archive, to which S²LOW redirects."""
        page = f"{ACTS}/actes_transac_get_document.php"
        response = self.download(account, page, {"id": letter})
        if response.has_redirect_location:
            target = response.headers.get("location", "")
            _, found, query = target.partition(f"{DOWNLOADED}?")
            envelope = dict(part.partition("=")[::2] for part in query.split("&")).get(
                "env"
            )
            if not found or not envelope or not envelope.isdigit():
                raise NotYet(f"{PARTNER} n’a pas encore ce courrier.", after=self.soonest)
            response = self.download(account, f"{ACTS}/{DOWNLOADED}", {"env": envelope})
        return answers.file_told(response)


def _media_type(name: str) -> str:
    endings = {"pdf": "application/pdf", "xml": "application/xml", "png": "image/png"}
    return endings.get(name.lower().rpartition(".")[2], "application/octet-stream")
