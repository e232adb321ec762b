"""Pastell's API v2 as a transmission service: documents of the fluxes of acts and of PES.

A document is created, filled, then sent by `send-tdt`; Pastell asks its own S²LOW about it
and tells by `last_action`. What it cannot do is refused in clear words: detached
signatures, several documents in answer to a simple letter or to observations, and documents
beside a refusal. It has no list of unread letters: those taken in charge are noted here.
"""

from connectors import ConnectorError, Produced, Refused
from connectors.transmission import answers, messages, writing
from connectors.transmission.pastell_calls import DRAFT, PARTNER, Plain, whole
from connectors.transmission.pastell_letters import PastellLetters
from connectors.wire import Unreadable, call, json_object, text_field

ACTS, PES, RETURNS = "actes-generique", "helios-generique", "helios-pes-retour"
CANCELLATION = "/annulation"
UNDER_WAY = {
    *DRAFT,
    "send-tdt",
    "verif-tdt",
    "erreur-verif-tdt",
    "document-transmis-tdt",
    "teletransmission-tdt",
    "return-teletransmission-tdt",
}
ERRORS = {"tdt-error", "send-tdt-erreur", "fatal-error"}


class Pastell(PastellLetters):
    """A Pastell, or its sandbox."""

    def check(self) -> list[str]:
        try:
            version = call(self.http, "GET", "api/v2/version", partner=PARTNER, acts=False)
            text_field(json_object(version, partner=PARTNER), "version", partner=PARTNER)
            for siren in self.entities:
                self.ask("GET", {"siren": siren}, "")
        except ConnectorError as error:
            return [str(error)]
        return []

    def lookup(self, key: str) -> Produced | None:
        number = self.sendings.number(key)
        return None if number is None else Produced({"id": number})

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
        others = annexes or []
        whole([act, *others])
        kinds = [writing.typed(one) for one in (act, *others)]

        def fill(document: str) -> None:
            self.fill(
                account,
                document,
                acte_nature=str(nature),
                numero_de_lacte=number,
                objet=" ".join(subject.split())[:499],
                date_de_lacte=decided_on,
                document_papier="1" if on_paper else "",
                classification=".".join(map(str, matter)),
                envoi_tdt="1",
            )
            self.put(account, document, "arrete", 0, act)
            for rank, one in enumerate(others):
                self.put(account, document, "autre_document_attache", rank, one)
            self.choose(account, document, "type_piece", kinds)

        return self.sent(account, ACTS, key, fill)

    def act_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        if id.endswith(CANCELLATION):
            return self._cancellation(account, id)
        detail = self.detail(account, id)
        action, message = self.last_action(detail)
        value: Plain = {
            "status": "acknowledged",
            "unique_id": None,
            "received_on": None,
            "message": "",
        }
        if action in ERRORS:
            return Produced({**value, "status": "error", "message": message})
        if action in UNDER_WAY:
            raise self.later("la préfecture n’a pas encore répondu")
        if action == "annuler-tdt":
            value["status"] = "cancelled"
        content = self.take(account, id, "aractes")
        value |= messages.acknowledgement(content)
        name = f"{value['unique_id'] or id}-1-2.xml"
        document = self.kept("legality_acknowledgement",
                             "Accusé de réception de la préfecture", content, name,
                             "application/xml")  # fmt: skip
        return Produced(value, [document])

    def stamped_act(
        self,
        *,
        account: Plain,
        id: str,  # noqa: A002
        published_on: str | None = None,
        key: str,
    ) -> Produced:
        if published_on:
            self.fill(account, id, acte_publication_date=published_on)
            self.act(account, id, "tamponner-tdt")
        content = self.take(account, id, "acte_tamponne")
        document = self.kept("stamped_act", "Acte tamponné", content,
                             f"tamponne-{id}.pdf", "application/pdf")  # fmt: skip
        return Produced({"id": id, "published_on": published_on}, [document])

    def act_receipt(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        content = self.take(account, id, "bordereau")
        document = self.kept("act_receipt", "Bordereau d’acquittement", content,
                             f"bordereau-{id}.pdf", "application/pdf")  # fmt: skip
        return Produced({"id": id}, [document])

    def cancel_act(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        action = self.last_action(self.detail(account, id))[0]
        number = f"{id}{CANCELLATION}"
        facts = {"account": account, "document": id, "before": [action], "number": number}

        def send() -> str:
            self.act(account, id, "annulation-tdt")
            return number

        return Produced({"id": self.sendings.once(key, facts, send)})

    def classification(
        self, *, account: Plain, since: str | None = None, key: str
    ) -> Produced:
        connector = self._tdt(account)
        path = f"connecteur/{connector}/file/classification_file"
        content = self.ask("GET", account, path).content
        value = messages.classification(content)
        value["changed"] = value["version_date"] != since
        document = self.kept("legality_classification", "Classification des actes", content,
                             f"classification-{value['version_date']}.xml",
                             "application/xml")  # fmt: skip
        return Produced(value, [document])

    def send_pes(self, *, account: Plain, document: Plain, key: str) -> Produced:
        whole([document])

        def fill(draft: str) -> None:
            self.fill(account, draft, Objet=document["name"], envoi_tdt="1")
            self.put(account, draft, "fichier_pes", 0, document)

        return self.sent(account, PES, key, fill)

    def pes_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        action, message = self.last_action(self.detail(account, id))
        if action in ERRORS:
            return Produced({"status": "error", "message": message})
        if action in UNDER_WAY:
            raise self.later("le comptable n’a pas encore répondu")
        status = {"acquiter-tdt": "acknowledged", "refus-tdt": "refused"}.get(
            action, "information_available"
        )
        content = self.take(account, id, "fichier_reponse")
        answers.xml(content, partner=PARTNER)
        document = self.kept("pes_acknowledgement", "Acquittement du comptable", content,
                             f"acquit-{id}.xml", "application/xml")  # fmt: skip
        return Produced({"status": status, "message": message}, [document])

    def pes_returns(self, *, account: Plain, key: str = "") -> list[Plain]:
        return [
            {
                "id": text_field(row, "id_d", partner=PARTNER),
                "name": str(row.get("titre") or ""),
                "date": str(row.get("last_action_date") or "")[:10],
            }
            for row in self.listed(account, RETURNS, "creation")
            if not self.noted(row)
        ]

    def pes_return(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        content = self.take(account, id, "fichier_pes")
        answers.xml(content, partner=PARTNER)
        document = self.kept("pes_return", "Retour du comptable", content,
                             f"retour-{id}.xml", "application/xml")  # fmt: skip
        self.note_read(id)
        return Produced({"id": id}, [document])

    def _cancellation(self, account: Plain, id: str) -> Produced:  # noqa: A002
        document = id.removesuffix(CANCELLATION)
        detail = self.detail(account, document)
        action, message = self.last_action(detail)
        if action == "tdt-error":
            return Produced({"status": "error", "unique_id": None, "received_on": None,
                             "message": message})  # fmt: skip
        if action != "annuler-tdt":
            raise self.later(
                "la préfecture n’a pas encore accusé réception de l’annulation"
            )
        content = self.take(account, document, "aractes_annulation")
        value = {"status": "acknowledged", "message": ""}
        return Produced(
            value | messages.acknowledgement(content),
            [self.kept("legality_acknowledgement", "Accusé de réception de l’annulation",
                       content, f"{document}-6-2.xml", "application/xml")],
        )  # fmt: skip

    def _tdt(self, account: Plain) -> str:
        """The number of the connector that holds the entity's classification."""
        response = self.ask("GET", account, "connecteur")
        try:
            found = [one["id_ce"] for one in response.json() if one["type"] == "TdT"]
        except (ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{PARTNER} : liste de connecteurs illisible.") from error
        if not found or not str(found[0]).isdigit():
            raise Refused(["Cette entité de Pastell n’a pas de connecteur TdT."])
        return str(found[0])
