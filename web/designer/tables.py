"""The editor of decision tables, and trying one on values before it is saved."""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue

from engine import decisions, feel, procedure_drafts
from engine.decisions import Decision, DecisionRefused
from engine.procedure_drafts import ProcedureDraft
from web.auth import guard
from web.designer import editing

bp = Blueprint("designer_tables", __name__, url_prefix="/concepteur")

BEGINNING = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="{name}_definitions" name="{name}" namespace="urn:e-bourgogne:{name}">
  <decision id="{name}" name="{name}">
    <decisionTable id="{name}_table" hitPolicy="FIRST">
      <input id="{name}_in1" label="Condition">
        <inputExpression id="{name}_in1_x" typeRef="string"><text>case.number</text></inputExpression>
      </input>
      <output id="{name}_out1" label="Résultat" name="{name}" typeRef="string"/>
      <rule id="{name}_r1">
        <inputEntry id="{name}_r1_i1"><text>-</text></inputEntry>
        <outputEntry id="{name}_r1_o1"><text>"oui"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""


@bp.get("/brouillons/<uuid:draft_id>/modifier/<stem>.dmn")
@guard("see", ProcedureDraft, "draft_id")
def edit(draft_id: UUID, stem: str) -> ResponseReturnValue:
    """The tables of a file, as fields, as a drawing and as a text."""
    return editing.show(
        "designer/table.html",
        draft_id,
        f"{stem}.dmn",
        urls={"decisions": url_for(".attempt", draft_id=draft_id)},
        beginning=BEGINNING.replace("{name}", stem.replace("-", "_").replace(".", "_")),
    )


@bp.post("/brouillons/<uuid:draft_id>/decisions")
@guard("see", ProcedureDraft, "draft_id")
def attempt(draft_id: UUID) -> ResponseReturnValue:
    """What the decisions of an unsaved file read; with `data`, what one of them gives."""
    asked = editing.sent("name", "text", "decision")
    others = procedure_drafts.files(draft_id)
    others.pop(asked.get("name", ""), None)
    tables = [content for name, content in others.items() if name.endswith(".dmn")]
    try:
        compiled = decisions.compile(asked.get("text", "").encode(), tables)
    except DecisionRefused as refused:
        return jsonify(decisions=[], rules=[], error=" ".join(refused.problems))
    except UnicodeEncodeError:
        return jsonify(decisions=[], rules=[], error="Ce texte n’est pas en UTF-8.")
    answer: dict[str, Any] = {"decisions": [_described(one) for one in compiled.values()]}
    chosen, data = compiled.get(asked.get("decision", "")), asked.get("data")
    if chosen is not None and isinstance(data, dict):
        answer |= _tried(chosen, data)
    return jsonify(answer)


def _described(decision: Decision) -> dict[str, Any]:
    needs = [
        {"path": one.path, "label": one.label, "type": one.type}
        for one in decisions.needs(decision)
    ]
    return {"id": decision.id, "name": decision.name, "needs": needs}


def _tried(decision: Decision, data: dict[str, Any]) -> dict[str, Any]:
    try:
        found = decision.explain(data)
    except feel.FeelError as error:
        return {"error": str(error), "rules": []}
    rules = [
        {
            "table": one.table,
            "number": one.number,
            "annotation": one.annotation,
            "outputs": one.outputs,
        }
        for one in found.rules
    ]
    return {"result": found.outputs, "rules": rules}
