"""An office whose region has two designers and a legal officer, and a draft of a small procedure."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from engine.access import Actor, actor_for
from engine.commands import people, procedure_drafts
from engine.directory import LEGAL_OFFICER, PROCESS_DESIGNER
from engine.models import ProcessDefinition, db
from tests.conftest import build, close, environment
from tests.office import Office, open_office
from tests.web.browser import Browser
from workflows import designing, publication

KEY, NAME = "grants.small_aid", "Petite aide"
DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rates" name="Taux"
  namespace="http://tests/rates">
  <decision id="aid_rate" name="Taux de l'aide">
    <decisionTable id="table" hitPolicy="FIRST">
      <input id="asked" label="Montant demandé">
        <inputExpression id="asked_is" typeRef="number"><text>application.amount</text></inputExpression>
      </input>
      <output id="rate" label="Taux" name="rate" typeRef="number"/>
      <rule id="small"><inputEntry id="small_in"><text>&lt; 1000</text></inputEntry>
        <outputEntry id="small_out"><text>0.5</text></outputEntry></rule>
      <rule id="other"><inputEntry id="other_in"><text>-</text></inputEntry>
        <outputEntry id="other_out"><text>0.2</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
RULE_TASK = """<bpmn:businessRuleTask id="rate" name="Calculer le taux">
      <bpmn:extensionElements><spiffworkflow:calledDecisionId>aid_rate</spiffworkflow:calledDecisionId></bpmn:extensionElements>
    </bpmn:businessRuleTask>
    <bpmn:endEvent id="decided\""""
RATE_DRAWN = (
    '<bpmndi:BPMNShape id="rate_shape" bpmnElement="rate">'
    '<dc:Bounds x="190" y="230" width="100" height="80"/></bpmndi:BPMNShape>'
    '<bpmndi:BPMNEdge id="to_rate_edge" bpmnElement="to_rate">'
    '<di:waypoint x="240" y="158"/><di:waypoint x="240" y="230"/></bpmndi:BPMNEdge>'
    '<bpmndi:BPMNEdge id="to_review_edge" bpmnElement="to_review">'
    '<di:waypoint x="290" y="270"/><di:waypoint x="340" y="270"/></bpmndi:BPMNEdge>'
)
AMOUNT = {
    "type": "number", "id": "amount", "key": "amount", "label": "Montant demandé",
    "validate": {"required": True, "min": 0}, "properties": {"ebg:type": "montant"},
}  # fmt: skip


def small_files(key: str = KEY, name: str = NAME) -> dict[str, bytes]:
    """An application, a rate that a table decides, a review, an end: nothing to put right."""
    files = designing.first_files(key, name)
    drawn = files["process.bpmn"].decode()
    drawn = drawn.replace('<bpmn:endEvent id="decided"', RULE_TASK)
    drawn = drawn.replace(
        '<bpmn:sequenceFlow id="to_review" sourceRef="filed" targetRef="review"/>',
        '<bpmn:sequenceFlow id="to_rate" sourceRef="filed" targetRef="rate"/>'
        '<bpmn:sequenceFlow id="to_review" sourceRef="rate" targetRef="review"/>',
    ).replace("<bpmn:outgoing>to_review", "<bpmn:outgoing>to_rate")
    drawn = drawn.replace(
        "<bpmn:flowNodeRef>review<",
        "<bpmn:flowNodeRef>rate</bpmn:flowNodeRef><bpmn:flowNodeRef>review<",
    )
    drawn = re.sub(
        r'<bpmndi:BPMNEdge id="to_review_edge".*?</bpmndi:BPMNEdge>', RATE_DRAWN, drawn
    )
    form = json.loads(files["application.form.json"])
    form["components"][0]["components"].append(AMOUNT)
    return {
        **files,
        "process.bpmn": drawn.encode(),
        "application.form.json": json.dumps(form, indent=2).encode(),
        "rates.dmn": DECISION.encode(),
    }


@dataclass(frozen=True)
class Studio:
    """`definition` is version 1 of the small procedure, `draft` what `didier` begins from it."""

    app: Flask
    office: Office
    didier: Actor
    dora: Actor
    lea: Actor
    stranger: Actor
    definition: UUID
    draft: UUID

    def browser(self, actor: Actor) -> Browser:
        """Somebody's browser, signed in."""
        return Browser(self.app, actor)

    def put(self, browser: Browser, name: str, content: bytes, **headers: str) -> Any:
        """Save a file of the draft as an editor does."""
        token = _token(browser)
        return browser.client.put(
            f"/concepteur/brouillons/{self.draft}/fichiers/{name}",
            data=content,
            headers={
                "X-CSRFToken": token,
                **{k.replace("_", "-"): v for k, v in headers.items()},
            },
        )

    def send_json(self, browser: Browser, address: str, values: Any) -> Any:
        """Post JSON as an editor does."""
        return browser.client.post(
            address, json=values, headers={"X-CSRFToken": _token(browser)}
        )


def _token(browser: Browser) -> str:
    page = browser.client.get("/mentions-legales").text
    return page.partition('name="csrf-token" content="')[2].partition('"')[0]


def version(key: str, number: int) -> UUID:
    """The id of a version."""
    return db.session.scalars(
        select(ProcessDefinition.id).where(
            ProcessDefinition.key == key, ProcessDefinition.version == number
        )
    ).one()


def prepare(app: Flask) -> Studio:
    """Open the office, publish the small procedure and begin its next version."""
    office = open_office()

    def enter(email: str, name: str, body: UUID, role: str) -> Actor:
        person = people.add_person(email, name)
        people.grant(person, body, role)
        return actor_for(person)

    didier = enter("didier@region.test", "Didier Faure", office.region, PROCESS_DESIGNER)
    publication.publish(KEY, small_files(), owner_id=office.region)
    definition = version(KEY, 1)
    return Studio(
        app,
        office,
        didier=didier,
        dora=enter("dora@region.test", "Dora Leroy", office.region, PROCESS_DESIGNER),
        lea=enter("lea@region.test", "Léa Colin", office.region, LEGAL_OFFICER),
        stranger=enter("zoe@cd21.test", "Zoé Blanc", office.department, PROCESS_DESIGNER),
        definition=definition,
        draft=procedure_drafts.begin_from(definition, actor=didier),
    )


@contextmanager
def opened(data: Path, **more: str) -> Iterator[Studio]:
    """A whole office under `data`, for a module's tests to share."""
    app = build(environment(data, **more))
    with app.app_context():
        yield prepare(app)
    close(app)
