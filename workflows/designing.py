"""What a designer may write: names and contents of files, keys, and where to begin."""

import re
from collections.abc import Mapping

import orjson

from engine.spiff.errors import DiagramRefused
from engine.spiff.reading import parse
from workflows.publication import KEPT, LARGEST_FILE, WORKFLOWS

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_KEY = re.compile(r"[a-z][a-z0-9_]{1,30}(?:\.[a-z][a-z0-9_]{1,40}){1,2}")


def namespaces() -> list[str]:
    """The domains in which a procedure may be: those whose operations exist."""
    return sorted(found.parent.name for found in WORKFLOWS.glob("*/operations.py"))


def key_fault(key: str) -> str:
    """Why no procedure can have this key; empty when one can."""
    if not _KEY.fullmatch(key):
        return (
            "Identifiant : un domaine, un point et un nom, en minuscules sans accent, comme "
            "grants.investment_aid."
        )
    if key.partition(".")[0] not in namespaces():
        known = ", ".join(namespaces())
        return f"Identifiant : avant le premier point, l’un des domaines {known}."
    return ""


def readable_name(name: str) -> bool:
    """Whether it is the name of one file, of any kind."""
    return 0 < len(name) <= 200 and not set(name) & set("/\\\0")  # noqa: PLR2004


def name_fault(name: str) -> str:
    """Why a file of a draft cannot be called so; empty when it can."""
    if not _NAME.fullmatch(name) or ".." in name:
        return (
            "Nom du fichier : lettres sans accent, chiffres, points, tirets et tirets bas, "
            "100 caractères au plus."
        )
    if not name.endswith(KEPT) or (
        name.endswith("scenarios.json") and name != "scenarios.json"
    ):
        return (
            "Nom du fichier : il finit par .bpmn, .dmn, .form.json ou .letter.md, "
            "ou c’est scenarios.json."
        )
    return ""


def fault(name: str, content: bytes) -> str:
    """Why a draft cannot hold this file; empty when it can.

    What the file means is not judged here: a draft may be wrong until it is published.
    """
    if wrong := name_fault(name):
        return wrong
    if len(content) > LARGEST_FILE:
        return f"{name} : ce fichier dépasse 5 Mo, allégez-le."
    return _unreadable(name, content)


def _unreadable(name: str, content: bytes) -> str:
    if name.endswith((".bpmn", ".dmn")):
        try:
            parse(name, content)
        except DiagramRefused as refused:
            return f"{name} : {refused.problems[0].message}"
        return ""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return f"{name} : ce fichier n’est pas du texte en UTF-8."
    if "\0" in text:
        return f"{name} : ce fichier contient des caractères nuls."
    if name.endswith(".json"):
        try:
            found = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            return f"{name} : ce fichier n’est pas du JSON lisible ({error})."
        if not isinstance(found, dict):
            return f"{name} : un objet JSON est attendu."
    return ""


def kind(name: str) -> str:
    """What sort of file it is: `.bpmn`, `.dmn`, `.form.json`, `.letter.md`, `scenarios.json`."""
    return next((suffix for suffix in KEPT if name.endswith(suffix)), "")


def copied(files: Mapping[str, bytes], old: str, new: str, name: str) -> dict[str, bytes]:
    """The files of a procedure under another key and another name."""
    key = re.compile(
        rb'(\b(?:id|processRef|bpmnElement|calledElement)\s*=\s*")'
        + re.escape(old).encode()
        + b'"'
    )
    made = {
        n: key.sub(lambda found: found[1] + new.encode() + b'"', content)
        if n.endswith(".bpmn")
        else content
        for n, content in files.items()
    }
    drawn = made.get("process.bpmn", b"")
    named = re.compile(
        rb'(<[\w:]*process\b[^>]*\bid="'
        + re.escape(new).encode()
        + rb'"[^>]*\bname=")[^"]*'
    )
    made["process.bpmn"] = named.sub(lambda f: f[1] + _escaped(name).encode(), drawn)
    return made


def first_files(key: str, name: str) -> dict[str, bytes]:
    """Where a procedure begins: an application, an officer's task, an end."""
    drawn = _FIRST.replace("{key}", key).replace("{name}", _escaped(name))
    return {
        "process.bpmn": drawn.encode(),
        "application.form.json": _form("application", "La demande", "Objet de la demande"),
        "review.form.json": _form("review", "L’instruction", "Avis de l’instructeur"),
    }


def _form(name: str, group: str, question: str) -> bytes:
    asked = {
        "type": "textfield", "id": "title", "key": "title", "label": question,
        "validate": {"required": True, "maxLength": 200},
    }  # fmt: skip
    page = {"type": "group", "id": "page", "label": group, "components": [asked]}
    form = {"type": "default", "id": name, "components": [page]}
    return orjson.dumps(form, option=orjson.OPT_INDENT_2) + b"\n"


def _escaped(text: str) -> str:
    for char, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(char, written)
    return text


_FIRST = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  id="definitions" targetNamespace="http://e-bourgogne.fr/{key}">
  <bpmn:collaboration id="collaboration">
    <bpmn:participant id="pool" name="{name}" processRef="{key}"/>
  </bpmn:collaboration>
  <bpmn:process id="{key}" name="{name}" isExecutable="true">
    <bpmn:laneSet id="lanes">
      <bpmn:lane id="applicant" name="Demandeur"><bpmn:flowNodeRef>filed</bpmn:flowNodeRef></bpmn:lane>
      <bpmn:lane id="case_officer" name="Instructeur"><bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>decided</bpmn:flowNodeRef></bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="filed" name="Demande déposée">
      <bpmn:extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="ebg:form" value="application"/>
        <spiffworkflow:property name="ebg:into" value="application"/>
      </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:outgoing>to_review</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="review" name="Instruire la demande">
      <bpmn:extensionElements><spiffworkflow:properties>
        <spiffworkflow:property name="ebg:form" value="review"/>
        <spiffworkflow:property name="ebg:into" value="review"/>
      </spiffworkflow:properties></bpmn:extensionElements>
      <bpmn:incoming>to_review</bpmn:incoming><bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="decided" name="Demande traitée"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_review" sourceRef="filed" targetRef="review"/>
    <bpmn:sequenceFlow id="to_end" sourceRef="review" targetRef="decided"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="drawing">
    <bpmndi:BPMNPlane id="plane" bpmnElement="collaboration">
      <bpmndi:BPMNShape id="pool_shape" bpmnElement="pool" isHorizontal="true"><dc:Bounds x="120" y="80" width="620" height="260"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="applicant_shape" bpmnElement="applicant" isHorizontal="true"><dc:Bounds x="150" y="80" width="590" height="120"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="case_officer_shape" bpmnElement="case_officer" isHorizontal="true"><dc:Bounds x="150" y="200" width="590" height="140"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="filed_shape" bpmnElement="filed"><dc:Bounds x="222" y="122" width="36" height="36"/><bpmndi:BPMNLabel><dc:Bounds x="196" y="165" width="90" height="14"/></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="review_shape" bpmnElement="review"><dc:Bounds x="340" y="230" width="100" height="80"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="decided_shape" bpmnElement="decided"><dc:Bounds x="552" y="252" width="36" height="36"/><bpmndi:BPMNLabel><dc:Bounds x="528" y="295" width="85" height="14"/></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_review_edge" bpmnElement="to_review"><di:waypoint x="258" y="140"/><di:waypoint x="300" y="140"/><di:waypoint x="300" y="270"/><di:waypoint x="340" y="270"/></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_end_edge" bpmnElement="to_end"><di:waypoint x="440" y="270"/><di:waypoint x="552" y="270"/></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
