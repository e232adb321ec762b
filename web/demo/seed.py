"""Makes the demonstration, once: asked again, it publishes what changed and no more."""

import csv
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from engine import clock, definitions, outbox
from engine.access import Actor, actor_for
from engine.commands import chores, people, publishing
from engine.directory import COMPANY, MEMBER, PLATFORM, Organisation, person_by_email
from engine.exchanges import RemoteCall
from engine.models import db
from web import tidying
from web.accounts import AlreadyOpen, open_account
from web.demo import accounts as demo_accounts
from web.demo import acts, book, circulating, contracts
from web.demo.people import AGENTS, BODIES, COMPANIES, ECONOMY, PASSWORD, REGION
from web.demo.people import PLATFORM as PLATFORM_SLUG
from workflows import publication, scenarios
from workflows.grants import aid_import

ROOT = Path(__file__).parent.parent.parent
DIRECTORY = ROOT / "connectors/sirene/companies.csv"
AIDS = ROOT / "workflows/grants/demo_aids.csv"
PROCEDURE = "grants.investment_aid"
CONTACT = {
    "service": ECONOMY,
    "address": "17 boulevard de la Trémouille\n21000 Dijon",
    "email": "aides@region.demo",
    "phone": "03 80 44 33 00",
    "place": "Dijon",
    "signatory": "Pour la présidente du conseil régional et par délégation,\nHélène Petit, cheffe de service",
}  # fmt: skip
PARAMETERS = {"contact": CONTACT, "payment": {"account": "20421", "function": "632"}}
"""How to reach the body, and on which account its aids are paid."""


def seed(app: Flask, *, cases: bool = True) -> dict[str, Any]:
    """Enter everybody, publish, import aids, run cases. Returns the accounts to try.

    Without `cases`, everybody is there and nothing has been filed yet.
    """
    fresh = _organisation(REGION) is None
    if fresh:
        _enter_bodies()
    region = _known(REGION)
    for key, folder in publication.folders().items():
        publication.publish(key, publication.read_folder(folder), owner_id=region)
    if fresh:
        publishing.set_parameters(PROCEDURE, region, PARAMETERS, by=None)
        aid_import.import_aids(BytesIO(AIDS.read_bytes()), origin="démonstration")
        companies = list(_enter_companies())
        acts.seed(app, region, acts=cases)
        opened = book.open_book(app, region)
        acts.answer(region, opened.subtypes["prefecture"])
        budget = demo_accounts.open_accounts(region)
        if cases:
            circulating.circulate(opened)
            demo_accounts.keep(app, region, budget)
            contracts.keep(app, region)
            _run_cases(app, companies)
            tidying.plan()
            chores.finish()
    return accounts()


def accounts() -> dict[str, Any]:
    """The accounts to try, with what each is for."""
    entered = {f"{a.email} ({a.name})": a.does for a in AGENTS}
    for slug in ("scierie", "tonnellerie", "fromagerie"):
        entered[f"{slug}@entreprise.demo"] = "demande une aide pour son entreprise"
    return {"mot de passe": PASSWORD, "comptes": entered}


def _enter_bodies() -> None:
    for body in BODIES:
        people.add_organisation(
            MEMBER,
            body.name,
            slug=body.slug,
            insee=body.insee,
            address=body.address,
            email=body.email,
            phone=body.phone,
            brand_colour=body.brand,
            siren=body.siren,
        )
    people.add_organisation(PLATFORM, "e-bourgogne", slug=PLATFORM_SLUG)
    for agent in AGENTS:
        person = _open(agent.email, agent.name)
        owner = _known(agent.organisation)
        service = people.add_service(owner, agent.service) if agent.service else None
        people.grant(person, owner, agent.role, service_id=service)


def _open(email: str, name: str) -> UUID:
    try:
        return open_account(email=email, name=name, password=PASSWORD)
    except AlreadyOpen:
        return people.add_person(email, name)


def _enter_companies() -> Iterator[tuple[UUID, Actor, Mapping[str, str]]]:
    with DIRECTORY.open(encoding="utf-8") as file:
        known = [row for row in csv.DictReader(file) if row["active"] == "A"]
    for row in known[:COMPANIES]:
        company = people.add_organisation(
            COMPANY,
            row["name"].title(),
            siret=row["siret"],
            siren=row["siret"][:9],
            naf=row["naf"],
            address=f"{row['street'].capitalize()}\n{row['postal_code']} {row['commune_name'].title()}",
        )
        slug = row["name"].split()[0].lower()
        person = _open(f"{slug}@entreprise.demo", f"Contact {row['name'].title()}")
        people.grant(person, company, "applicant")
        people.grant(person, company, "administrator")
        yield company, actor_for(person), row


def _run_cases(app: Flask, companies: list[tuple[UUID, Actor, Mapping[str, str]]]) -> None:
    """A case a company, each stopped a little further along a story."""
    definition = definitions.latest(PROCEDURE)
    told = scenarios.stories(publication.read_folder(publication.folders()[PROCEDURE]))
    tales = list(_tales(told["stories"]))
    paid = next(steps for steps in tales if steps[-1].get("task") == "decide")
    for number, (company, applicant, row) in enumerate(companies):
        steps = tales[number % len(tales)]
        player = scenarios.Player(
            definition.id,
            _cast(applicant),
            company,
            {"application": _application(told["values"]["application"], row, applicant)},
            settle=lambda case: _deliver(app, case),
        )
        player.play(steps)
        if steps is paid:
            player.play(_payment(row))


def _payment(row: Mapping[str, str]) -> list[dict[str, Any]]:
    """An aid granted is claimed and settled at once, in the name of its company."""
    iban, spent, granted = "FR7630006000011234567890189", 120_000, 20_000
    claim = {"spent": spent, "iban": iban, "proofs": []}
    settlement = {
        "outcome": "pay", "amount": granted, "final": True, "iban": iban,
        "subject": "Aide à l’investissement, solde", "name": row["name"].title()[:38],
        "line2": row["street"].capitalize()[:38], "postal_code": row["postal_code"],
        "city": row["commune_name"].title()[:38],
    }  # fmt: skip
    return [
        {"task": "claim_payment", "as": "applicant", "values": claim},
        {"task": "settle_payment", "as": "case_officer", "values": settlement},
    ]


_UNPLAYED = {"data", "expect", "parameters"}
"""What a story checks or sets, and the demonstration does not."""


def _tales(stories: Mapping[str, list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    """Stories that take no time, cut at every length that leaves something to see."""
    timeless = [
        [{k: v for k, v in step.items() if k not in _UNPLAYED} for step in steps]
        for steps in stories.values()
        if not any({"pass", "answer", "refuse"} & step.keys() for step in steps)
        and "with" not in steps[0]
    ]
    granted, *others = timeless
    acts = [step for step in granted if {"start", "task", "message"} & step.keys()]
    for length in range(1, len(acts) + 1):
        yield acts[:length]
    for story in others:
        yield [step for step in story if {"start", "task", "message"} & step.keys()]


def _application(
    values: Mapping[str, Any], row: Mapping[str, str], applicant: Actor
) -> dict[str, Any]:
    """The story's request, in the name of a company of the demonstration."""
    changed: dict[str, Any] = scenarios.replaced(
        values,
        {
            "siret": row["siret"],
            "company_name": row["name"].title(),
            "naf": row["naf"],
            "contact.email": _email(applicant),
            "project.commune": "21054",
        },
    )
    return changed


def _email(actor: Actor) -> str:
    slug = actor.name.removeprefix("Contact ").split()[0].lower()
    found = person_by_email(f"{slug}@entreprise.demo")
    return found.email if found else f"{slug}@entreprise.demo"


def _cast(applicant: Actor) -> dict[str, Actor]:
    return {
        "applicant": applicant,
        "case_officer": _actor("claire@region.demo"),
        "head_of_service": _actor("helene@region.demo"),
        "cofunder": _actor("denis@cd21.demo"),
    }


def _actor(email: str) -> Actor:
    person = person_by_email(email)
    if person is None:
        raise LookupError(email)
    return actor_for(person.id)


def _deliver(app: Flask, case: UUID) -> None:
    """Make the case's calls that are due now; the workers make the later ones."""
    while True:
        due = db.session.scalars(
            select(RemoteCall.id)
            .where(
                RemoteCall.instance_id == case,
                RemoteCall.status == "ready",
                RemoteCall.due_at <= clock.now(),
            )
            .limit(1)
        ).first()
        if due is None:
            return
        outbox.deliver(due, app.extensions["partners"])


def _organisation(slug: str) -> Organisation | None:
    return db.session.scalars(select(Organisation).where(Organisation.slug == slug)).first()


def _known(slug: str) -> UUID:
    found = _organisation(slug)
    if found is None:
        raise LookupError(slug)
    return found.id
