"""The demonstration's accounts: a budget, orders that wait, PES at every stage.

What is signed is signed by the demonstration's keys, and sent by its transmission service.
"""

from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select

from connectors import StoredFile
from engine import clock
from engine.access import Actor, actor_for
from engine.commands import cases, people
from engine.directory import Person, person_by_email
from engine.models import ProcessDefinition, db
from workflows.accounting import budgets, files, orders
from workflows.accounting.models import Pes
from workflows.accounting.rules import ACCOUNTANT

ACCOUNTS, SIGNATORY = "fatou@region.demo", "marie@region.demo"
KEY = "accounting.transmission"
BUDGET = {
    "label": "Budget principal", "siret": "20005372600022", "post": "021090", "code": "400",
    "number": "00",
}  # fmt: skip
DIJON = {"line2": "17 boulevard de la Trémouille", "postal_code": "21000", "city": "Dijon"}
MORVAN = {"line2": "3 rue des Hêtres", "postal_code": "58120", "city": "Château-Chinon"}
PARTIES = {
    "scierie": {"name": "SCIERIE FICTIVE DU MORVAN", "siret": "99999101100019",
                "iban": "FR7630006000011234567890189", "address": MORVAN},
    "tonnellerie": {"name": "TONNELLERIE FICTIVE", "iban": "FR7630006000011234567890189",
                    "address": {"line2": "12 rue des Chênes", "postal_code": "21200", "city": "Beaune"}},
    "etat": {"name": "DREETS BOURGOGNE-FRANCHE-COMTE", "category": "20", "legal_nature": "07",
             "address": DIJON},
}  # fmt: skip
ORDERS = (
    ("expense", "Aide à l’investissement, séchoir à bois, acompte", "24000", "20421", "scierie"),
    ("expense", "Aide à l’investissement, chaîne de cintrage, solde", "18250,50", "20421", "tonnellerie"),
    ("revenue", "Participation de l’État au fonds régional", "60000", "74718", "etat"),
    ("expense", "Aide à la formation des apprentis, 2026", "7200", "65748", "tonnellerie"),
    ("expense", "Aide à l’export, salon de Lyon", "3150", "65748", "scierie"),
    ("revenue", "Reversement d’un trop-perçu", "820,40", "7718", "scierie"),
    ("expense", "Aide à l’investissement, scie à ruban", "41900", "20421", "scierie"),
    ("expense", "Étude de gisement forestier", "12480", "617", "tonnellerie"),
)  # fmt: skip
SENT = {"NOVEMBRE-1": 2, "PART-NOVEMBRE-2": 2}
"""PES sent, by how many orders each holds; the accountant takes the second in part."""


def open_accounts(body: UUID) -> UUID:
    """Say who keeps the accounts of the body, and enter its budget; returns it."""
    fatou = _person(ACCOUNTS)
    people.grant(fatou.id, body, ACCOUNTANT)
    return budgets.write(BUDGET, organisation_id=body, actor=actor_for(fatou.id))


def keep(app: Flask, body: UUID, budget: UUID) -> None:
    """Enter orders; make, sign and send some of them; leave the others waiting."""
    actor = actor_for(_person(ACCOUNTS).id)
    entered = [_order(number, one, body, actor) for number, one in enumerate(ORDERS)]
    for name, number in SENT.items():
        chosen, entered = entered[:number], entered[number:]
        row = _made(app, chosen, budget, body, name, actor)
        _send(app, row, actor)
    _made(app, entered[:2], budget, body, "", actor)


def _person(email: str) -> Person:
    found = person_by_email(email)
    assert found is not None, email
    return found


def _order(number: int, said: tuple[str, ...], body: UUID, actor: Actor) -> UUID:
    kind, subject, amount, account, party = said
    values = {
        "kind": kind, "subject": subject, "amount": amount, "account": account,
        "third_party": PARTIES[party],
    }  # fmt: skip
    return orders.add(values, organisation_id=body, reference=f"DEMO/{number}", actor=actor)


def _made(
    app: Flask, ids: list[UUID], budget: UUID, body: UUID, name: str, actor: Actor
) -> UUID:
    chosen = orders.choose(ids, budget_id=budget, name=name, actor=actor)
    partners = app.extensions["partners"]
    made = partners["helios"].build(
        orders=chosen.orders, header=chosen.header, key=str(uuid4())
    )
    file = StoredFile(**made.value["file"])
    examined = partners["helios"].examine(content=partners["storage"].read(file.sha256))
    return files.keep(file, examined, organisation_id=body, actor=actor, made_of=chosen.ids)


def _send(app: Flask, pes_id: UUID, actor: Actor) -> None:
    """Sign it as the president would, and start its transmission."""
    row = db.session.get_one(Pes, pes_id)
    signed = _signed(app, row)
    definition = db.session.scalars(
        select(ProcessDefinition.id)
        .where(ProcessDefinition.key == KEY)
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).one()
    values = {
        "files": [
            {"sha256": signed.sha256, "name": signed.name, "media_type": signed.media_type,
             "size": signed.size}
        ],
        "folder": {"title": f"PES {row.name}", "number": f"{clock.today():%Y-%m}"},
    }  # fmt: skip
    cases.start(definition, values, actor=actor)


def _signed(app: Flask, row: Pes) -> StoredFile:
    signature = app.extensions["partners"]["signature"]
    marie = _person(SIGNATORY)
    person = {"id": str(marie.id), "name": marie.name, "email": SIGNATORY}
    document: dict[str, Any] = {
        "id": "pes", "sha256": row.sha256, "name": row.file_name, "format": "pes",
        "media_type": "application/xml", "field": "", "stamp": None, "place": "Dijon",
        "claimed_role": "Présidente du conseil régional",
    }  # fmt: skip
    db.session.rollback()
    (prepared,) = signature.prepare(
        documents=[document],
        certificate=signature.certificate(signer="demo", person=person),
        chain=signature.chain(signer="demo", person=person),
    )
    values = signature.sign(
        signer="demo", person=person, to_sign=prepared["to_sign"], pin="1234"
    )
    signed: StoredFile = signature.finish(prepared=prepared, values=values)["file"]
    return signed
