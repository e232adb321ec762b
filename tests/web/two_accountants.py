"""The accounts of the two offices: budgets, an order, a PES, a return. Heads keep them."""

from typing import Any

from connectors.helios.build import build
from engine.access import actor_for
from engine.commands import people
from engine.models import db
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.workflows.accounting.contracts_kept import CONTRACT
from workflows.accounting import budgets, contracts, files, orders

BUDGET = {
    "label": "Budget principal", "siret": "20005372600022", "post": "021090", "code": "400",
    "number": "00",
}  # fmt: skip
ORDER = {
    "kind": "expense", "subject": "Aide à l’investissement", "amount": "48 000,50",
    "account": "20421", "name": "SCIERIE DU MORVAN", "siret": "99999101100019",
    "iban": "FR76 3000 6000 0112 3456 7890 189", "line2": "3 rue des Hêtres",
    "postal_code": "58120", "city": "Château-Chinon",
}  # fmt: skip
RETURN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<n:PES_Retour xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour">
<Enveloppe><Parametres><NomFic V="RETOUR-1"/></Parametres></Enveloppe>
<EnTetePES><DteStr V="2026-11-24"/></EnTetePES>
<PES_DepenseRetour><Bordereau><BlocBordereau><Exer V="2026"/><IdBord V="12"/></BlocBordereau>
<Piece><InfoPiece><IdPce V="1"/><EtatPce V="04"/><ObsEtat V="RIB"/></InfoPiece></Piece>
</Bordereau></PES_DepenseRetour></n:PES_Retour>""".encode("latin-1")


def as_values(typed: dict[str, str]) -> dict[str, Any]:
    """An order as the form's fields make it."""
    party = {name: typed[name] for name in ("name", "siret", "iban")}
    address = {name: typed[name] for name in ("line2", "postal_code", "city")}
    return {**typed, "third_party": {**party, "address": address}}


def keep_accounts(office: Any) -> None:
    """Make the two heads accountants, and give each of their bodies what accounts hold."""
    partners = office.app.extensions["partners"]
    for suffix, role in (("", "head"), ("_2", "other_head")):
        ids, body = office.ids, office.ids[f"region{suffix}"]
        person = office.cast[role].person_id
        people.grant(person, body, "accountant")
        actor = office.cast[role] = actor_for(person)
        ids[f"budget{suffix}"] = budgets.write(BUDGET, organisation_id=body, actor=actor)
        ids[f"order{suffix}"] = orders.add(
            as_values(ORDER), organisation_id=body, reference="A", actor=actor
        )
        ids[f"contract{suffix}"] = contracts.add(
            CONTRACT, organisation_id=body, actor=actor
        )
        content = build([order(1)], HEADER | {"name": f"PES{suffix}"}, lambda _: INVOICE)
        file = partners["storage"].put(
            content, name="pes.xml", media_type="application/xml"
        )
        examined = partners["helios"].examine(content=content)
        ids[f"pes{suffix}"] = files.keep(file, examined, organisation_id=body, actor=actor)
        kept = partners["storage"].put(RETURN, name="r.xml", media_type="application/xml")
        found = partners["helios"].read_return(content=RETURN)
        ids[f"return{suffix}"] = files.receive_return(
            "r1", kept, found, organisation_id=body
        )
    db.session.rollback()
