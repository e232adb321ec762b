"""S²LOW's HTTP API, as its callers use it: acts, letters, and PES.

Answers are lines under `OK` or `KO` in ISO-8859-1 for acts, small XML for PES. S²LOW knows no
idempotency key: what is sent is noted first (`sendings`), and after a lost answer an act is
looked for by its number, its day and its subject, a PES by its bytes.
"""

import hashlib

from connectors import ConnectorError, Produced, Refused
from connectors.transmission import answers, writing
from connectors.transmission.answers import PARTNER
from connectors.transmission.calls import PES, Plain, status_number
from connectors.transmission.s2low_letters import Letters
from connectors.transmission.sendings import Facts
from connectors.wire import Unreadable

PES_STATUSES = {
    -1: "error",
    0: "cancelled",
    1: "posted",
    2: "waiting",
    3: "transmitted",
    4: "acknowledged",
    5: "acknowledged",
    6: "refused",
    7: "processing",
    8: "information_available",
    9: "archived",
    10: "archived",
    11: "archived",
    13: "waiting",
    14: "waiting",
    19: "archived",
    20: "archived",
    22: "archived",
    24: "transmitted",
}
UNDER_WAY = {"posted", "waiting", "transmitted", "processing"}
ACKNOWLEDGED = {"acknowledged", "refused", "information_available"}
LOST = (1, 2, 3, 7, 4, 6, 8, -1, 13, 14, 24)
CANDIDATES = 40


class S2low(Letters):
    """A S²LOW, or its sandbox."""

    def check(self) -> list[str]:
        problems = []
        for siren in self.accounts.by_siren or ("",):
            try:
                answers.told(self.get({"siren": siren}, "api/test-connexion.php"))
            except ConnectorError as error:
                problems.append(f"{error} (SIREN {siren})" if siren else str(error))
        return problems

    def lookup(self, key: str) -> Produced | None:
        number = self.sendings.number(key)
        return None if number is None else Produced({"id": number})

    def send_pes(self, *, account: Plain, document: Plain, key: str) -> Produced:
        facts = {
            "kind": "pes",
            "account": account,
            "sha256": document["sha256"],
        }

        def send() -> str:
            content = writing.content(document, self.documents)
            name = writing.plain_name(document["name"], "application/xml")
            files = [("enveloppe", (name, content, "text/xml"))]
            root = answers.result(
                self.post(account, f"{PES}/api/helios_importer_fichier.php", {}, files)
            )
            number = (root.findtext("id") or "").strip()
            if not number.isdigit():
                raise Unreadable(f"{PARTNER} : réponse sans numéro de transaction.")
            return number

        return Produced({"id": self.sendings.once(key, facts, send)})

    def pes_status(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        root = answers.result(
            self.get(account, f"{PES}/api/helios_transac_get_status.php", transaction=id)
        )
        code = status_number(root.findtext("status") or "")
        status = PES_STATUSES.get(code)
        if status is None:
            raise Unreadable(f"{PARTNER} : statut de PES inconnu ({code}).")
        if status in UNDER_WAY:
            raise self.later("le comptable n’a pas encore répondu")
        message = " ".join((root.findtext("message") or "").split())[:2000]
        value = {"status": status, "message": message}
        if status not in ACKNOWLEDGED:
            return Produced(value)
        content = answers.file_told(
            self.download(account, f"{PES}/helios_download_acquit.php", {"id": id})
        )
        answers.xml(content)
        document = self.kept(
            "pes_acknowledgement",
            "Acquittement du comptable",
            content,
            f"acquit-{id}.xml",
            "application/xml",
        )
        return Produced(value, [document])

    def pes_returns(self, *, account: Plain, key: str = "") -> list[Plain]:
        root = answers.result(self.get(account, f"{PES}/api/helios_get_list.php"))
        return [
            {name: (one.findtext(said) or "").strip() for name, said in _RETURN.items()}
            for one in root.iter("pes_retour")
        ]

    def pes_return(self, *, account: Plain, id: str, key: str) -> Produced:  # noqa: A002
        content = answers.file_told(
            self.download(account, f"{PES}/api/helios_get_retour.php", {"id": id})
        )
        answers.xml(content)
        document = self.kept(
            "pes_return",
            "Retour du comptable",
            content,
            f"retour-{id}.xml",
            "application/xml",
        )
        answers.result(self.get(account, f"{PES}/api/helios_change_status.php", id=id))
        return Produced({"id": id}, [document])

    def found(self, facts: Facts) -> str | None:
        if facts["kind"] != "pes":
            return super().found(facts)
        account = facts["account"]
        for number in self._sent_since(account, facts["attempted_at"][:10]):
            response = self.download(
                account, f"{PES}/helios_download_file.php", {"id": number}
            )
            if hashlib.sha256(response.content).hexdigest() == facts["sha256"]:
                return number
        return None

    def _sent_since(self, account: Plain, day: str) -> list[str]:
        """The numbers of the PES sent since a day, the latest first of each status.

        Only an archivist's account may list them; for the others a lost PES that S²LOW
        then calls a duplicate is refused with these words, and its number read by a person.
        """
        numbers: list[str] = []
        for status in LOST:
            try:
                listed = answers.rows(
                    self.look(
                        account,
                        f"{PES}/api/list_pes_aller.php",
                        status_id=status,
                        offset=0,
                        limit=CANDIDATES,
                        min_date=day,
                    ),
                    "transactions",
                )
            except Refused:
                return []
            numbers += [str(row["id"]) for row in listed if row.get("id")]
        return numbers[:CANDIDATES]


_RETURN = {"id": "id", "name": "nom", "date": "date"}
