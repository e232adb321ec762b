"""The transmission service connected in an empty folder, on a clock that tests hold."""

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any

import pytest

from connectors import Misconfigured, NotYet, catalogue, sandboxes
from connectors.transmission.practice.paper import sheet

REGION = {"siren": "200053726", "department": "021", "district": "1", "nature": "11"}
PES = """<?xml version="1.0" encoding="ISO-8859-1"?>
<n:PES_Aller xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller">
<Enveloppe><Parametres><Version V="2"/><TypFic V="PESALR2"/><NomFic V="{name}"/></Parametres>
<Emetteur><Sigle V="E-BOURGOGNE"/><Adresse V="e-bourgogne"/></Emetteur></Enveloppe>
<EnTetePES><DteStr V="2026-11-23"/><IdPost V="021000"/><IdColl V="20005372600011"/>
<CodCol V="400"/><CodBud V="00"/><LibelleColBud V="REGION"/></EnTetePES>
<PES_DepenseAller><EnTeteDepense><IdVer V="2"/></EnTeteDepense>
<Bordereau Id="B1"><BlocBordereau><Exer V="2026"/><IdBord V="11"/></BlocBordereau></Bordereau>
<Bordereau Id="B2"><BlocBordereau><Exer V="2026"/><IdBord V="12"/></BlocBordereau></Bordereau>
</PES_DepenseAller></n:PES_Aller>"""


@dataclass
class Service:
    """One service connected, with its faults, its clock and the store within reach."""

    client: Any
    storage: Any
    faults: Any
    clock: Any
    data: Any

    def file(self, content: bytes, name: str, media_type="application/pdf", kind="99_DE"):
        digest = hashlib.sha256(content).hexdigest()
        self.storage.put(content, name=name, media_type=media_type)
        return {
            "sha256": digest,
            "name": name,
            "media_type": media_type,
            "size": len(content),
            "document_type": kind,
            "signature_sha256": None,
        }

    def act(self, number="2026_001", key="", **changes):
        described = {
            "account": REGION,
            "nature": 1,
            "matter": [7, 5],
            "number": number,
            "decided_on": "2026-11-20",
            "subject": "Aide à la scierie",
            "act": self.file(sheet("Délibération", [number]), "délibération.pdf"),
        }
        sent = self.client.send_act(**described | changes, key=key or f"cle-{number}")
        return sent.value["id"]

    def pes(self, name="PESALR2_1", key=""):
        content = PES.format(name=name).encode("iso-8859-1")
        document = self.file(content, f"{name}.xml", "application/xml")
        sent = self.client.send_pes(account=REGION, document=document, key=key or name)
        return sent.value["id"]

    def status(self, number, verb="act_status"):
        return getattr(self.client, verb)(account=REGION, id=number, key="s")

    def answered(self, number, verb="act_status"):
        with pytest.raises(NotYet):
            self.status(number, verb)
        self.clock.forward(seconds=10)
        return self.status(number, verb)

    def read(self, produced, kind):
        (found,) = [file for kind_, _, file in produced.documents if kind_ == kind]
        return self.storage.read(found.sha256)


@pytest.fixture
def connect(tmp_path, clock):
    opened = []

    def connected(**settings):
        clients = catalogue.connect_all(settings, clock=clock, data=tmp_path)
        opened.append(clients["transmission"])
        return Service(
            clients["transmission"],
            clients["storage"],
            sandboxes.faults(tmp_path, "transmission"),
            clock,
            tmp_path,
        )

    yield connected
    for client in opened:
        with contextlib.suppress(Misconfigured):
            client.http.close()


@pytest.fixture
def service(connect):
    return connect()
