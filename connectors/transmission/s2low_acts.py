"""Acts at S²LOW: create, follow, stamp, cancel, and the classification in force."""

from collections.abc import Iterator

from connectors import Produced, Refused
from connectors.transmission import answers, messages, writing
from connectors.transmission.answers import PARTNER
from connectors.transmission.calls import ACTS, Calls, Plain, status_number
from connectors.transmission.sendings import Facts
from connectors.wire import Unreadable

STATUSES = {
    -1: "error",
    0: "cancelled",
    1: "posted",
    2: "waiting",
    3: "transmitted",
    4: "acknowledged",
    5: "acknowledged",
    6: "refused",
    7: "processing",
    8: "acknowledged",
    11: "answered",
    12: "archived",
    13: "archived",
    14: "archived",
    16: "archived",
    17: "waiting",
    18: "waiting",
    19: "archived",
    20: "archived",
    21: "acknowledged",
    22: "archived",
}
UNDER_WAY = {"posted", "waiting", "transmitted", "processing"}
# Where a lost act may be: in the order it goes through.
LOST = (1, 2, 3, 4, -1, 17, 18, 5, 6, 8, 11)
CANCELLATION = 6
PAGE = 100
PAGES = 20
LONGEST_SUBJECT = 499


class Acts(Calls):
    def send_act(
        self,
        *,
        account: Plain,
        nature: int,
        matter: list[int],
        number: str,
        decided_on: str,
        subject: str,
        act: Plain,
        annexes: list[Plain] | None = None,
        on_paper: bool = False,
        key: str,
    ) -> Produced:
        latin = writing.latin(" ".join(subject.split()))[:LONGEST_SUBJECT]
        described = latin.decode("iso-8859-1")
        form: dict[str, str | list[str]] = {
            "api": "1",
            "nature_code": str(nature),
            **{f"classif{rank}": str(code) for rank, code in enumerate(matter, 1)},
            "number": number,
            "decision_date": decided_on,
            "subject": described,
            "document_papier": "1" if on_paper else "0",
            "en_attente": "0",
            "type_acte": writing.typed(act),
        }
        if annexes:
            form["type_pj[]"] = [writing.typed(one) for one in annexes]
        facts = {
            "kind": "act",
            "account": account,
            "number": number,
            "decided_on": decided_on,
            "subject": described,
        }

        def send() -> str:
            files = [
                *writing.parts("acte_pdf_file", [act], self.documents),
                *writing.parts("acte_attachments", annexes or [], self.documents),
            ]
            return answers.number_told(
                self.post(account, f"{ACTS}/actes_transac_create.php", form, files)
            )

        return Produced({"id": self.sendings.once(key, facts, send)})

    def act_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        code, sent_back = self._status(account, id)
        status = STATUSES.get(code)
        if status is None:
            raise Unreadable(f"{PARTNER} : statut d’acte inconnu ({code}).")
        if status in UNDER_WAY:
            raise self.later("la préfecture n’a pas encore répondu")
        value: Plain = {
            "status": status,
            "unique_id": None,
            "received_on": None,
            "message": "",
        }
        if not sent_back.strip():
            return Produced(value)
        if status in ("error", "refused"):
            return self._refused(value, id, sent_back)
        value |= messages.acknowledgement(sent_back)
        document = self.kept(
            "legality_acknowledgement",
            "Accusé de réception de la préfecture",
            sent_back,
            f"{value['unique_id'] or id}-1-2.xml",
            "application/xml",
        )
        return Produced(value, [document])

    def stamped_act(
        self,
        *,
        account: Plain,
        id: str,  # noqa: A002
        published_on: str | None = None,
        key: str,
    ) -> Produced:
        files = answers.rows(
            self.get(account, f"{ACTS}/actes_transac_get_files_list.php", transaction=id)
        )
        act = files[1] if len(files) > 1 else {}
        if act.get("mimetype") != "application/pdf" or not act.get("id"):
            raise Refused(["Cet acte n’est pas un PDF : il ne peut pas être tamponné."])
        asked = {"file": act["id"], "tampon": "true"}
        if published_on:
            asked["date_affichage"] = published_on
        content = answers.file_told(
            self.download(account, f"{ACTS}/actes_download_file.php", asked)
        )
        name = f"tamponne-{act.get('posted_filename') or act.get('name') or 'acte.pdf'}"
        document = self.kept(
            "stamped_act", "Acte tamponné", content, name, "application/pdf"
        )
        return Produced({"id": id, "published_on": published_on}, [document])

    def act_receipt(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        asked = {"trans_id": id}
        content = answers.file_told(
            self.download(account, f"{ACTS}/actes_create_pdf.php", asked)
        )
        document = self.kept("act_receipt", "Bordereau d’acquittement", content,
                             f"bordereau-{id}.pdf", "application/pdf")  # fmt: skip
        return Produced({"id": id}, [document])

    def cancel_act(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        facts = {"kind": "cancellation", "account": account, "act": id}

        def send() -> str:
            form = {"api": "1", "id": id}
            return answers.number_told(
                self.post(account, f"{ACTS}/actes_transac_cancel.php", form)
            )

        return Produced({"id": self.sendings.once(key, facts, send)})

    def classification(
        self, *, account: Plain, since: str | None = None, key: str
    ) -> Produced:
        response = self.get(account, f"{ACTS}/actes_classification_fetch.php", api=1)
        if response.content.lstrip()[:2] == b"KO":
            answers.told(response)
        value = messages.classification(response.content)
        value["changed"] = value["version_date"] != since
        if not value["changed"]:
            self._ask_for_a_newer_one(account)
        name = f"classification-{value['version_date']}.xml"
        document = self.kept(
            "legality_classification",
            "Classification des actes",
            response.content,
            name,
            "application/xml",
        )
        return Produced(value, [document])

    def found(self, facts: Facts) -> str | None:
        account = facts["account"]
        match facts["kind"]:
            case "act":
                return self._listed(facts)
            case "cancellation":
                lines = self._related(account, facts["act"])
                return next(
                    (number for kind, number in lines if kind == CANCELLATION), None
                )
            case _:
                return None

    def transactions(self, account: Plain, since: str) -> Iterator[Plain]:
        """What was submitted since a day, in any status, as S²LOW lists it."""
        for status in LOST:
            for page in range(PAGES):
                listed = answers.rows(
                    self.look(
                        account,
                        f"{ACTS}/api/list_actes.php",
                        status_id=status,
                        offset=page * PAGE,
                        limit=PAGE,
                        min_date=since,
                    ),
                    "transactions",
                )
                yield from listed
                if len(listed) < PAGE:
                    break

    def _listed(self, facts: Facts) -> str | None:
        """The act with this number, day and subject: a number alone may be another's."""
        for row in self.transactions(facts["account"], facts["attempted_at"][:10]):
            same = (
                str(row.get("type", "1")) == "1"
                and row.get("number") == facts["number"]
                and str(row.get("date") or row.get("decision_date"))[:10]
                == facts["decided_on"]
                and row.get("subject") == facts["subject"]
            )
            if same and row.get("id"):
                return str(row["id"])
        return None

    def _related(self, account: Plain, act: str) -> list[tuple[int, str]]:
        """(type, number) of each message about an act."""
        response = self.look(account, f"{ACTS}/actes_transac_get_document.php", id=act)
        lines = answers.text(response.content).split()
        if lines[:1] == ["KO"]:
            answers.told(response)
        found = [line.split("-") for line in lines]
        return [(status_number(it[0]), it[-1]) for it in found if len(it) >= 3]  # noqa: PLR2004

    def _status(self, account: Plain, id: str) -> tuple[int, bytes]:  # noqa: A002
        """The status of an act, and the message or the error that came back with it."""
        response = self.get(account, f"{ACTS}/actes_transac_get_status.php", transaction=id)
        lines = answers.told(response)
        if not lines:
            raise Unreadable(f"{PARTNER} : réponse sans statut.")
        rest = response.content.lstrip().split(b"\n", 2)
        return status_number(lines[0]), rest[2] if len(rest) > 2 else b""  # noqa: PLR2004

    def _refused(self, value: Plain, id: str, sent_back: bytes) -> Produced:  # noqa: A002
        if not sent_back.lstrip().startswith(b"<"):
            value["message"] = " ".join(answers.text(sent_back).split())[:2000]
            return Produced(value)
        value["message"] = messages.anomaly(sent_back)
        document = self.kept(
            "legality_anomaly",
            "Anomalie relevée par la préfecture",
            sent_back,
            f"anomalie-{id}.xml",
            "application/xml",
        )
        return Produced(value, [document])

    def _ask_for_a_newer_one(self, account: Plain) -> None:
        """The next fetch may find one; S²LOW limits how often one may be asked for."""
        try:
            answers.told(
                self.get(account, f"{ACTS}/actes_classification_request.php", api=1)
            )
        except Refused:
            return
