"""Writes a circuit as BPMN: its steps in one row, the way of a refusal under them."""

from collections.abc import Sequence
from typing import Any

import orjson
from lxml import etree

from workflows.parapheur.drawing import LAST, NAMESPACES, Drawing, named, plane, repeat
from workflows.parapheur.steps import (
    ARCHIVE,
    LEGALITY,
    MAIL,
    ONE,
    OPINION,
    PAGE,
    REFUSED,
    SEAL,
    SIGN,
    TRANSMISSION,
    Step,
)


def write(key: str, name: str, steps: Sequence[Step]) -> bytes:
    """The diagram of a circuit, as `process.bpmn` of the procedure `key`."""
    root = etree.Element(
        named("definitions"), nsmap=NAMESPACES, id="definitions",
        targetNamespace="urn:e-bourgogne:parapheur",
    )  # fmt: skip
    etree.SubElement(
        root, named("error"), id="error_refused", name="Refusé", errorCode=REFUSED
    )
    process = etree.SubElement(
        root, named("process"), id=key, name=name, isExecutable="true"
    )
    drawing = Drawing(process)
    _Circuit(drawing).draw(steps)
    plane(root, drawing, key)
    whole: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    return whole


class _Circuit:
    """Draws the steps one after the other, and the way of a refusal under them."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.last = ""
        self.pending = ""  # the default flow that the last gateway still lacks
        self.refusals: list[tuple[str, str]] = []

    def draw(self, steps: Sequence[Step]) -> None:
        """Every step, the closing timestamp after the last signature, and the two ends."""
        self.drawing.add(
            "startEvent", "begun", "Circuit ouvert", properties={"ebg:role": PAGE}
        )
        self.last = "begun"
        signed = [n for n, s in enumerate(steps, 1) if s.kind in {SIGN, SEAL}]
        for number, step in enumerate(steps, 1):
            self._step(f"{step.kind}_{number}", step)
            if signed and number == signed[-1]:
                self._close()
        self._then("endEvent", "accepted", "Accepté")
        if self.refusals:
            self._refused()

    def _step(self, ref: str, step: Step) -> None:
        name = step.name
        if step.is_done_by_desks:
            self._by_desks(ref, name, step)
        if step.kind == SEAL:
            self._seal(ref, "Apposer le cachet" if step.by_hand else name)
        elif step.kind == MAIL:
            self._mail(ref, name, step)
        elif step.kind == TRANSMISSION:
            self._transmit(ref, name, step)
        elif step.kind == ARCHIVE:
            self._archive(ref, name)

    def _by_desks(self, ref: str, name: str, step: Step) -> None:
        many = len(step.desks) > 1
        properties = {
            "ebg:role": "=desk" if many else (step.desks[0] if step.desks else ""),
            "ebg:subject": "folder.scope",
            "ebg:page": PAGE,
            "ebg:into": "decision",
        }
        if step.kind == SIGN:
            properties["ebg:signature"] = "true"
        for key, asked in (("approve", step.to_approve), ("refuse", step.to_refuse)):
            if asked:
                properties[f"ebg:to_{key}"] = ", ".join(asked)
        if step.working_days:
            properties["ebg:due"] = f"working days after(today(), {step.working_days})"
        element = self._then("userTask", ref, name, properties=properties)
        if many:
            _repeat(element, step)
        if step.reminder_days:
            self._remind(ref, step.reminder_days)
        if step.kind != OPINION:
            several = 'some one in decisions satisfies one.answer = "refuse"'
            self._decide(ref, several if many else 'decision.answer = "refuse"')

    def _remind(self, ref: str, days: int) -> None:
        event = self.drawing.on_edge(f"{ref}_late", "Relance", ref)
        timer = etree.SubElement(event, named("timerEventDefinition"), id=f"{ref}_every")
        cycle = etree.SubElement(timer, named("timeCycle"))
        cycle.set(
            "{http://www.w3.org/2001/XMLSchema-instance}type", "bpmn:tFormalExpression"
        )
        cycle.text = f"R/P{days}D"
        self.drawing.service(
            f"{ref}_remind", "Relancer", "parapheur.remind", under=ref, shift=-20, parameters={"case": "case", "step": _text(ref)},
        )  # fmt: skip
        self.drawing.beneath("endEvent", f"{ref}_reminded", "Relancé", ref, shift=90)
        self.drawing.flow(f"{ref}_late", f"{ref}_remind")
        self.drawing.flow(f"{ref}_remind", f"{ref}_reminded")

    def _decide(self, ref: str, refused: str) -> None:
        gateway = self._then("exclusiveGateway", f"{ref}_decided", "")
        self.refusals.append((f"{ref}_decided", refused))
        self.pending = f"{ref}_decided"
        self.gateway = gateway

    def _seal(self, ref: str, name: str) -> None:
        self._service(
            f"{ref}_files", "Réunir les fichiers à cacheter", "parapheur.files_to_seal",
            "sealing", case="case", folder="folder",
        )  # fmt: skip
        self._service(
            f"{ref}_call", name, "signature.seal", "sealed",
            documents="sealing.documents", seal="sealing.seal",
        )  # fmt: skip
        self._service(
            f"{ref}_record", "Garder les fichiers cachetés", "parapheur.record_sealed", "",
            case="case", folder="folder", sealed="sealed",
        )  # fmt: skip

    def _close(self) -> None:
        self._service(
            "close_files", "Réunir les fichiers signés", "parapheur.files_to_close",
            "closing", case="case", folder="folder",
        )  # fmt: skip
        self._service(
            "close_call", "Horodater pour longtemps", "signature.close", "closed",
            documents="closing.documents",
        )  # fmt: skip
        self._service(
            "close_record", "Garder les fichiers horodatés", "parapheur.record_closed", "",
            case="case", folder="folder", closed="closed",
        )  # fmt: skip

    def _mail(self, ref: str, name: str, step: Step) -> None:
        self._service(
            f"{ref}_letter", "Rédiger le courriel", "parapheur.compose_mail", "mailing",
            case="case", folder="folder", to=_text(list(step.to)),
        )  # fmt: skip
        self._service(
            ref, name, "mail.send", "sent",
            to="letter.to", subject="letter.subject", text="letter.text",
            page="letter.page",
        )  # fmt: skip
        mail = self.drawing.process.find(f"*[@id='{ref}']")
        repeat(mail, "mailing", "letter", "sent", "mailed")
        self._service(
            f"{ref}_record", "Noter l’envoi", "parapheur.record_mailed", "",
            case="case", folder="folder", mailed="mailed",
        )  # fmt: skip

    def _transmit(self, ref: str, name: str, step: Step) -> None:
        self._service(
            f"{ref}_files", "Réunir les fichiers à transmettre", "parapheur.files_to_send",
            "sending", case="case", folder="folder",
        )  # fmt: skip
        act = "act: sending.act, " if step.target == LEGALITY else ""
        self._then(
            "callActivity", ref, name, calledElement=f"{step.target}.transmission",
            properties={
                "ebg:in": f"{{{act}files: sending.files, folder: folder}}",
                "ebg:out": "{transmission: transmission}",
            },
        )  # fmt: skip
        self._service(
            f"{ref}_record", "Noter la réponse", "parapheur.record_transmission", "answer",
            case="case", folder="folder", transmission="transmission",
        )  # fmt: skip
        self._decide(ref, "answer.refused = true")

    def _archive(self, ref: str, name: str) -> None:
        self._then(
            "callActivity", f"{ref}_evidence", "Établir les preuves",
            calledElement="parapheur.evidence",
            properties={"ebg:in": "{folder: folder}", "ebg:out": "{}"},
        )  # fmt: skip
        self._service(
            f"{ref}_manifest", "Préparer le versement", "parapheur.archive_manifest",
            "archive", case="case", folder="folder",
        )  # fmt: skip
        self._service(
            ref, name, "archiving.deposit", "archived",
            case_number="archive.number", title="archive.title",
            procedure="archive.procedure", organisation="archive.organisation",
            opened_at="archive.opened_at", closed_at="archive.closed_at",
            documents="archive.documents", journal="archive.journal",
            retention_years="archive.retention_years",
            final_disposition="archive.final_disposition",
            access_rule="archive.access_rule",
        )  # fmt: skip
        self._service(
            f"{ref}_record", "Noter le versement", "parapheur.record_archived", "",
            case="case", folder="folder", archived="archived",
        )  # fmt: skip

    def _refused(self) -> None:
        element = self.drawing.beneath(
            "endEvent", "refused", "Refusé", "accepted", height=LAST
        )
        etree.SubElement(
            element,
            named("errorEventDefinition"),
            id="refused_error",
            errorRef="error_refused",
        )
        for gateway, condition in self.refusals:
            self.drawing.flow(gateway, "refused", condition, "Refusé")

    def _service(
        self, ref: str, name: str, operation: str, result: str, **parameters: str
    ) -> None:
        self.drawing.service(ref, name, operation, result, parameters=parameters)
        self._link(ref)

    def _then(self, kind: str, ref: str, name: str, **more: Any) -> Any:
        element = self.drawing.add(kind, ref, name, **more)
        self._link(ref)
        return element

    def _link(self, ref: str) -> None:
        flow = self.drawing.flow(self.last, ref)
        if self.pending == self.last:
            self.gateway.set("default", flow)
            self.pending = ""
        self.last = ref


def _repeat(element: Any, step: Step) -> None:
    """Several desks at once: each gives its decision, gathered in `decisions`."""
    enough = "true" if step.parallel == ONE else 'decision.answer = "refuse"'
    repeat(element, _listed(step.desks), "desk", "decision", "decisions", enough)


def _listed(desks: Sequence[str]) -> str:
    """A FEEL list of desks, each a word or an expression."""
    return "[" + ", ".join(d[1:] if d.startswith("=") else _text(d) for d in desks) + "]"


def _text(value: Any) -> str:
    """A FEEL literal of plain text, or of a list of texts."""
    return orjson.dumps(value).decode()
