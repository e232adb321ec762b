"""A small office for tests: a region with its officers, a company, a partner body."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from engine import clock, operations, outbox
from engine.access import Actor, actor_for
from engine.commands import people, publishing
from engine.exchanges import RemoteCall
from engine.models import ProcessDefinition, UserTask, db
from engine.spiff.model import compile_model
from engine.sweep import sweep

BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  id="definitions" targetNamespace="http://tests">{body}</bpmn:definitions>"""


@dataclass(frozen=True)
class Office:
    """Who is there. Two officers, to compete; a stranger, to be refused."""

    region: UUID
    department: UUID
    company: UUID
    other_company: UUID
    officer: Actor
    second_officer: Actor
    head: Actor
    department_officer: Actor
    applicant: Actor
    stranger: Actor
    operator: Actor
    legality_officer: Actor


def open_office() -> Office:
    """Enter everybody through the commands."""
    region = people.add_organisation("member", "Région", slug="region", insee="REG-27")
    department = people.add_organisation("member", "Département 21", insee="DEP-21")
    platform = people.add_organisation("platform", "e-bourgogne", slug="platform")
    company = people.add_organisation("company", "Atelier Morvan", siret="35600000000048")
    other = people.add_organisation("company", "Autre SARL", siret="55208131766522")
    return Office(
        region,
        department,
        company,
        other,
        officer=_actor("claire@region.test", "Claire Martin", region, "case_officer"),
        second_officer=_actor("paul@region.test", "Paul Roy", region, "case_officer"),
        head=_actor("helene@region.test", "Hélène Petit", region, "head_of_service"),
        department_officer=_actor("denis@cd21.test", "Denis Blanc", department, "cofunder"),
        applicant=_actor("anne@morvan.test", "Anne Morvan", company, "applicant"),
        stranger=_actor("max@autre.test", "Max Autre", other, "applicant"),
        operator=_actor("olga@ebg.test", "Olga Durand", platform, "operator"),
        legality_officer=_actor(
            "agathe@region.test", "Agathe Simon", region, "legality_officer"
        ),
    )


def _actor(email: str, name: str, organisation: UUID, role: str) -> Actor:
    person = people.add_person(email, name)
    people.grant(person, organisation, role)
    return actor_for(person)


def publish(key: str, body: str, *, owner: UUID, **files: bytes) -> UUID:
    """Publish a diagram written as the inside of its <definitions>; returns its id."""
    contents = {"process.bpmn": BPMN.format(body=body).encode(), **files}
    model = compile_model(contents, key)
    version = publishing.publish(
        key, contents, model, sha256=f"{hash(body) & (2**64 - 1):064x}", owner_id=owner
    )
    return db.session.scalars(
        select(ProcessDefinition.id).where(
            ProcessDefinition.key == key, ProcessDefinition.version == version
        )
    ).one()


def open_tasks(instance_id: UUID) -> dict[str, UUID]:
    """The open tasks of a case: element id → task id."""
    rows = db.session.execute(
        select(UserTask.element_id, UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.status == "open"
        )
    )
    return {element: task for element, task in rows}


def deliver_all(app: Flask, *, rounds: int = 50) -> None:
    """Make every call that is due and fire what is due, until nothing is."""
    partners = app.extensions["partners"]
    for _ in range(rounds):
        due = db.session.scalars(
            select(RemoteCall.id).where(
                RemoteCall.status == "ready", RemoteCall.due_at <= clock.now()
            )
        ).all()
        for call_id in due:
            outbox.deliver(call_id, partners)
        if not due and not sweep(lambda call_id: outbox.deliver(call_id, partners)):
            return


def remote(**catalogue: dict[str, bool]) -> None:
    """Say which remote calls exist, by names whose dots are written as two underscores."""
    operations.allow_remote_calls({k.replace("__", "."): v for k, v in catalogue.items()})


Values = dict[str, Any]
