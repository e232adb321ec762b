"""Two of everything: bodies, departments, companies, procedures and cases, with drafts,
documents, an incident, an invitation, and somebody for every role there is.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select, update

from connectors import StoredFile
from engine import clock, documents
from engine.access import VISITOR, Actor, actor_for
from engine.chores import JOURNAL
from engine.commands import (
    absences,
    api_keys,
    asks,
    brands,
    calls,
    chores,
    drafts,
    imports,
    jobs,
    membership,
    notes,
    people,
    publishing,
    task_jobs,
    tasks,
    vault,
    webhooks,
    worklists,
)
from engine.commands.asks import Asked
from engine.commands.calls import Attempt
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.commands.vault import Label
from engine.directory import APPLICANT, PROCESS_DESIGNER, Organisation, holdings_of
from engine.exchanges import Exchange, RemoteCall
from engine.membership import JoinRequest
from engine.models import Incident, ProcessDefinition, ProcessInstance, db
from engine.notices import AWAITED, Notice
from engine.transaction import transaction
from tests.office import open_tasks
from tests.web import (
    book_office,
    relayed,
    signing_office,
    two_accountants,
    two_designers,
    two_registers,
)
from workflows import publication, scenarios

KEY, SECOND_KEY = "grants.investment_aid", "grants.second_aid"
FOLDER = publication.read_folder(publication.folders()[KEY])
TOLD = scenarios.stories(FOLDER)
CONSULTED = [
    {"start": "application"},
    {
        "task": "check_admissibility",
        "as": "case_officer",
        "values": {
            "assisted_area": "no",
            "outcome": "missing",
            "missing": [{"document": "Plan", "indispensable": False, "days": 10}],
        },
    },
    {"expect": ["await_oseo", "department_opinion", "supply_optional"]},
]
"""A story stopped where the applicant, the department and OSEO are all awaited."""
PDF = b"%PDF-1.7\n%%EOF"
CONTACT = {
    "service": "Aides aux entreprises",
    "address": "17 boulevard de la Trémouille, 21000 Dijon",
    "email": "aides@region.test",
    "phone": "03 80 44 33 00",
}


@dataclass
class TwoOffices:
    """`cast` is who has which role; `ids` what an address may name, by what it is."""

    app: Flask
    cast: dict[str, Actor] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def actor(self, role: str) -> Actor:
        """The person of a role."""
        return self.cast[role]


def nothing_closed() -> None:
    """No case has ended, in the open transaction: what a test then closes is the only one."""
    ended = update(ProcessInstance).where(ProcessInstance.ended_at.is_not(None))
    db.session.execute(ended.values(status="active", ended_at=None))


def open_two_offices(app: Flask) -> TwoOffices:
    """Enter everybody, publish for both bodies, play the cases."""
    office = TwoOffices(app, cast={"visitor": VISITOR})
    for suffix, region, department, siret, role in (
        ("", "REG-27", "DEP-21", "35600000000048", ""),
        ("_2", "REG-11", "DEP-58", "55208131766522", "other_"),
    ):
        ids = office.ids
        ids[f"region{suffix}"] = people.add_organisation("member", region, insee=region)
        ids[f"department{suffix}"] = people.add_organisation(
            "member", department, insee=department
        )
        ids[f"company{suffix}"] = people.add_organisation("company", siret, siret=siret)
        for name, organisation, held in (
            ("applicant", "company", "applicant"),
            ("administrator", "company", "administrator"),
            ("officer", "region", "case_officer"),
            ("head", "region", "head_of_service"),
            ("cofunder", "department", "cofunder"),
            ("brander", "region", "administrator"),
            ("act_officer", "region", "legality_officer"),
        ):
            _enter(office, role + name, ids[organisation + suffix], held)
    platform = people.add_organisation("platform", "e-bourgogne", slug="platform")
    _enter(office, "operator", platform, "operator")
    _enter(office, "colleague", office.ids["region"], "case_officer")
    _enter(office, "newcomer", None, "")
    _enter(office, "former_officer", office.ids["region"], "case_officer")
    _leave(office, "former_officer")
    for role, held in two_designers.ROLES.items():
        _enter(office, role, office.ids["region"], held)
    _enter(office, "other_designer", office.ids["region_2"], PROCESS_DESIGNER)
    _publish(office)
    book_office.open_book(office)  # it delivers whatever is due: nothing is, yet
    _play(office)
    _write(office)
    _share(office)
    _keep_views(office)
    _ask(office)
    _keep(office)
    two_designers.design(office)
    two_accountants.keep_accounts(office)
    _look_after(office)
    _open_to_software(office)
    relayed.keep(office.ids)
    for suffix in ("", "_2"):
        two_registers.keep(office.ids, office.ids[f"document{suffix}"], suffix)
    signing_office.sign(office)
    return office


def _look_after(office: TwoOffices) -> None:
    """A service, a role and a file of people in each region."""
    ids = office.ids
    content = b"courriel;nom;role\nana@essai.fr;Ana;case_officer\nbob;Bob;roi\n"
    for suffix, prefix in (("", ""), ("_2", "other_")):
        region, brander = ids[f"region{suffix}"], office.actor(f"{prefix}brander")
        ids[f"service{suffix}"] = people.add_service(region, "Direction")
        ids[f"holding{suffix}"] = next(
            held.id for held in holdings_of(ids[f"{prefix}officer_person"])
        )
        ids[f"people_file{suffix}"] = imports.create(
            region, content, "personnes.csv", new_services=True, actor=brander
        )
    db.session.rollback()


def _keep_views(office: TwoOffices) -> None:
    """Two ways in which the officer looks at the inbox."""
    role = (office.ids["region"], "case_officer")
    asked = {"panier": "a-prendre", "procedure": KEY, "tri": "anciennes"}
    for name, shared in (("own_view", None), ("shared_view", role)):
        office.ids[name] = worklists.save_view(
            name, asked, ["titre", "v.application.siret"], actor=office.actor("officer"),
            shared=shared,
        )  # fmt: skip


def _keep(office: TwoOffices) -> None:
    """A vault with a document that expires soon, and a host name asked for."""
    ids, file = office.ids, store(office.app)
    for suffix, prefix in (("", ""), ("_2", "other_")):
        ids[f"vault_document{suffix}"] = vault.add(
            ids[f"company{suffix}"],
            file,
            Label("kbis", "Kbis", expires_on=clock.today() + timedelta(days=12)),
            actor=office.actor(f"{prefix}applicant"),
        ).id
        ids[f"host{suffix}"] = brands.ask_host(
            ids[f"region{suffix}"],
            f"aides{suffix.replace('_', '-')}.essai.fr",
            actor=office.actor(f"{prefix}brander"),
        )
    db.session.rollback()


def _open_to_software(office: TwoOffices) -> None:
    """A key of the company, and an address that was told something."""
    ids, administrator = office.ids, office.actor("administrator")
    ids["api_key"], _ = api_keys.create(
        ids["company"],
        name="Logiciel de gestion",
        scopes=["requests:read", "requests:write"],
        roles=[],
        expires_at=clock.now() + timedelta(days=365),
        actor=administrator,
    )
    ids["webhook"] = webhooks.create(
        ids["company"],
        url="https://logiciel.example.org/ebourgogne",
        name="Suivi",
        events=["decision.made"],
        actor=administrator,
    )
    ids["webhook_event"] = webhooks.try_out(ids["webhook"], actor=administrator)
    db.session.rollback()


def _enter(office: TwoOffices, role: str, organisation: UUID | None, held: str) -> None:
    email = f"{role}@essai.test".replace("_", "-")
    person = people.add_person(email, role.replace("_", " ").title())
    if organisation is not None:
        people.grant(person, organisation, held)
    office.cast[role] = actor_for(person)
    office.ids[f"{role}_person"] = person


def _leave(office: TwoOffices, role: str) -> None:
    person = office.ids[f"{role}_person"]
    for holding in holdings_of(person):
        people.withdraw(holding.id, by=None)
    office.cast[role] = actor_for(person)


def _publish(office: TwoOffices) -> None:
    second = {
        name: content.replace(KEY.encode(), SECOND_KEY.encode())
        for name, content in FOLDER.items()
    }
    for suffix, key, files in (("", KEY, FOLDER), ("_2", SECOND_KEY, second)):
        owner = office.ids[f"region{suffix}"]
        publication.publish(key, files, owner_id=owner)
        publishing.set_parameters(key, owner, {"contact": CONTACT}, by=None)
        office.ids[f"definition{suffix}"] = db.session.scalars(
            select(ProcessDefinition.id).where(ProcessDefinition.key == key)
        ).one()
    db.session.rollback()


def player(office: TwoOffices, suffix: str = "", **options: Any) -> scenarios.Player:
    """Who plays a story in the first office, or in the second (`_2`)."""
    prefix = "other_" if suffix else ""
    return scenarios.Player(
        office.ids[f"definition{suffix}"],
        {
            "applicant": office.actor(f"{prefix}applicant"),
            "case_officer": office.actor(f"{prefix}officer"),
            "head_of_service": office.actor(f"{prefix}head"),
            "cofunder": office.actor(f"{prefix}cofunder"),
        },
        office.ids[f"company{suffix}"],
        {"application": application(suffix)},
        TOLD["partners"],
        **options,
    )


def application(suffix: str = "") -> dict[str, Any]:
    """What the company asks for, in the department of its own office."""
    commune = {"project.commune": "58194" if suffix else "21054"}
    values: dict[str, Any] = scenarios.replaced(TOLD["values"]["application"], commune)
    return values


def _play(office: TwoOffices) -> None:
    ids = office.ids
    for suffix in ("", "_2"):
        ids[f"case{suffix}"] = player(office, suffix).play(CONSULTED)
        ids[f"begun{suffix}"] = player(office, suffix).play(CONSULTED[:1])
        opened = open_tasks(ids[f"case{suffix}"])
        ids[f"applicant_task{suffix}"] = opened["supply_optional"]
        ids[f"cofunder_task{suffix}"] = opened["department_opinion"]
        ids[f"officer_task{suffix}"] = open_tasks(ids[f"begun{suffix}"])[
            "check_admissibility"
        ]
        ids[f"notice{suffix}"] = db.session.scalars(
            select(Notice.id).where(
                Notice.instance_id == ids[f"case{suffix}"], Notice.kind == AWAITED
            )
        ).one()
    ids["held"] = player(office).play(CONSULTED[:1])
    ids["held_task"] = open_tasks(ids["held"])["check_admissibility"]
    tasks.claim(ids["held_task"], actor=office.actor("officer"))
    ids["stuck"] = player(office, settle=fail_calls).play(CONSULTED[:1])
    ids["incident"] = db.session.scalars(select(Incident.id)).one()
    ids["exchange"] = db.session.scalars(select(Exchange.id).limit(1)).one()
    ids["chore"] = chores.ask(JOURNAL, actor=office.actor("operator"), motive="essai")
    ids["job"] = jobs.create(
        uuid4(),
        Selection(definition_id=str(ids["definition"])),
        Operation("suspend"),
        actor=office.actor("operator"),
        motive="essai",
        rehearsal=True,
    )


def fail_calls(case: UUID) -> None:
    """Every call of a case that could be made has failed: a person must look."""
    for call in db.session.scalars(
        select(RemoteCall.id).where(
            RemoteCall.instance_id == case, RemoteCall.status == "ready"
        )
    ).all():
        attempt = Attempt(call, 1, "unexpected", "panne", "", None, 0)
        calls.fail(call, "Le partenaire a répondu n'importe quoi.", attempt=attempt)


def store(app: Flask, content: bytes = PDF, name: str = "pièce.pdf") -> StoredFile:
    """Bytes kept by the storage partner."""
    storage = app.extensions["partners"]["storage"]
    kept: StoredFile = storage.put(content, name=name, media_type="application/pdf")
    return kept


def _write(office: TwoOffices) -> None:
    ids, file = office.ids, store(office.app)
    for suffix, prefix in (("", ""), ("_2", "other_")):
        applicant = office.actor(f"{prefix}applicant")
        cofunder = office.actor(f"{prefix}cofunder")
        draft = drafts.open_for_start(
            ids[f"definition{suffix}"],
            actor=applicant,
            organisation_id=ids[f"company{suffix}"],
            values=application(suffix),
        )
        ids[f"draft{suffix}"] = draft
        ids[f"draft_document{suffix}"] = drafts.attach(
            draft, file, kind="RIB", title="RIB", actor=applicant
        ).id
        opinion = drafts.open_for_task(
            ids[f"cofunder_task{suffix}"], actor=cofunder, values={}
        )
        ids[f"opinion_draft{suffix}"] = opinion
        ids[f"opinion_document{suffix}"] = drafts.attach(
            opinion, file, kind="AVIS", title="Avis", actor=cofunder
        ).id
        with transaction():
            for name, audience in (
                ("document", documents.EVERYONE),
                ("reserved_document", documents.PARTIES),
                ("internal_document", documents.OFFICE),
            ):
                made = documents.add(
                    file, kind="PJ", title=name, origin="applicant", audience=audience,
                    instance_id=ids[f"case{suffix}"],
                )  # fmt: skip
                ids[name + suffix] = made.id
        ids[f"invitation{suffix}"] = membership.invite(
            ids[f"company{suffix}"],
            email=f"invite{suffix}@essai.test",
            role=APPLICANT,
            actor=office.actor(f"{prefix}administrator"),
        )
        with transaction():
            asked = JoinRequest(
                person_id=ids["newcomer_person"], organisation_id=ids[f"company{suffix}"]
            )
            db.session.add(asked)
            db.session.flush()
            ids[f"request{suffix}"] = asked.id
            db.session.get_one(Organisation, ids[f"company{suffix}"]).logo = b"\x89PNG"
    db.session.rollback()


def _share(office: TwoOffices) -> None:
    """Somebody will be away, and did the same to several tasks."""
    ids = office.ids
    starts_at = clock.now() + timedelta(days=30)
    ids["absence"] = absences.declare(
        ids["officer_person"],
        ids["colleague_person"],
        ids["region"],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=7),
        actor=office.actor("officer"),
    )
    ids["lot"] = task_jobs.create(
        uuid4(),
        [ids["held_task"]],
        task_jobs.TaskAct("claim"),
        actor=office.actor("officer"),
        motive="essai",
    )
    db.session.rollback()


def _ask(office: TwoOffices) -> None:
    """A note, a question to the company, an opinion asked of another office's department."""
    ids, officer = office.ids, office.actor("officer")
    ids["note"] = notes.add(ids["case"], "À relire avant le comité.", actor=officer)
    company = Asked(ids["company"], role=APPLICANT)
    ids["ask"] = asks.ask(
        ids["case"], "question", "Quel est le délai ?", of=company, actor=officer
    )
    department = Asked(ids["department_2"], role="cofunder")
    ids["opinion"] = asks.ask(
        ids["held"],
        "opinion",
        "Votre avis sur ce projet ?",
        of=department,
        actor=officer,
        confidential=True,
    )
    db.session.rollback()
