"""A procedure small enough to fill in by hand: a form of two pages, then an officer's task."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask

from engine.commands import cases
from engine.models import ProcessInstance
from forms import compile_form
from tests.conftest import build, close, environment
from tests.office import Office, open_office, publish

KEY = "tests.small"

REQUEST = {
    "id": "request",
    "components": [
        {
            "type": "group",
            "id": "g1",
            "label": "Projet",
            "components": [
                {
                    "type": "textfield", "id": "f1", "key": "title", "label": "Intitulé",
                    "validate": {"required": True, "maxLength": 50},
                },
                {
                    "type": "number", "id": "f2", "key": "amount", "label": "Montant",
                    "validate": {"required": True, "min": 0},
                    "properties": {"ebg:type": "montant"},
                },
                {
                    "type": "datetime", "id": "f3", "key": "starts_on",
                    "dateLabel": "Début", "subtype": "date",
                    "validate": {"required": True},
                },
                {
                    "type": "radio", "id": "f4", "key": "kind", "label": "Nature",
                    "values": [
                        {"label": "Matériel", "value": "equipment"},
                        {"label": "Conseil", "value": "advice"},
                    ],
                    "validate": {"required": True},
                },
                {"type": "textarea", "id": "f5", "key": "about", "label": "Description",
                 "validate": {"maxLength": 5000}},
            ],
        },
        {
            "type": "group",
            "id": "g2",
            "label": "Pièces",
            "components": [
                {
                    "type": "filepicker", "id": "f6", "key": "quote", "label": "Devis",
                    "accept": ".pdf,.png", "validate": {"required": True},
                    "properties": {"ebg:max_size": "1"},
                },
            ],
        },
    ],
}  # fmt: skip

OPINION = {
    "id": "opinion",
    "components": [
        {
            "type": "textarea", "id": "o1", "key": "remarks", "label": "Observations",
            "validate": {"required": True, "maxLength": 3000},
        },
    ],
}  # fmt: skip

BODY = """
<bpmn:process id="tests.small" name="Petite démarche" isExecutable="true">
  <bpmn:extensionElements><spiffworkflow:properties>
    <spiffworkflow:property name="ebg:title" value="request.title"/>
  </spiffworkflow:properties></bpmn:extensionElements>
  <bpmn:laneSet id="lanes">
    <bpmn:lane id="applicant" name="Demandeur"><bpmn:flowNodeRef>started</bpmn:flowNodeRef></bpmn:lane>
    <bpmn:lane id="case_officer" name="Instructeur"><bpmn:flowNodeRef>review</bpmn:flowNodeRef></bpmn:lane>
  </bpmn:laneSet>
  <bpmn:startEvent id="started" name="Déposée"><bpmn:extensionElements><spiffworkflow:properties>
    <spiffworkflow:property name="ebg:form" value="request"/>
    <spiffworkflow:property name="ebg:into" value="request"/>
  </spiffworkflow:properties></bpmn:extensionElements></bpmn:startEvent>
  <bpmn:userTask id="review" name="Instruire"><bpmn:extensionElements><spiffworkflow:properties>
    <spiffworkflow:property name="ebg:form" value="opinion"/>
    <spiffworkflow:property name="ebg:into" value="opinion"/>
  </spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>
  <bpmn:endEvent id="done" name="Terminé"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="done"/>
</bpmn:process>"""

PROJECT = {
    "title": "Une scie",
    "amount": "1 200,50",
    "starts_on": "2027-02-01",
    "kind": "equipment",
}
"""The first page, as a company types it."""

ANSWERS: dict[str, Any] = {
    "title": "Une scie", "amount": 1200.5, "starts_on": "2027-02-01",
    "kind": "equipment", "quote": [],
}  # fmt: skip


def publish_small(office: Office) -> UUID:
    """Publish it for the region; returns the version's id."""
    files = {}
    for form in (REQUEST, OPINION):
        compiled = compile_form(json.dumps(form).encode())
        files[f"{form['id']}.form.json"] = json.dumps(form).encode()
        files[f"{form['id']}.form.compiled.json"] = compiled.to_json()
    return publish(KEY, BODY, owner=office.region, **files)


def begin(office: Office, definition: UUID, title: str = "Une scie") -> ProcessInstance:
    """A case filed by the company, at the officer's task."""
    return cases.start(
        definition,
        {**ANSWERS, "title": title},
        actor=office.applicant,
        applicant_id=office.company,
    )


@dataclass(frozen=True)
class Ground:
    """An office with the small procedure published."""

    app: Flask
    office: Office
    definition: UUID

    def begin(self, title: str = "Une scie") -> ProcessInstance:
        """A case filed by the company, at the officer's task."""
        return begin(self.office, self.definition, title)


def prepare(app: Flask) -> Ground:
    """Open the office and publish; the application's context is pushed."""
    office = open_office()
    return Ground(app, office, publish_small(office))


@contextmanager
def opened(data: Path, **more: str) -> Iterator[Ground]:
    """A whole office under `data`, for a module's tests to share."""
    app = build(environment(data, **more))
    with app.app_context():
        yield prepare(app)
    close(app)
