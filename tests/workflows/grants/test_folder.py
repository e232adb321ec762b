"""The folder holds together: stories speak the forms' language, and it can be copied."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.spiff.model import compile_model
from forms import compile_form
from workflows import grants, publication
from workflows.grants import panels
from workflows.grants.closing import OUTCOMES

FOLDER = Path(grants.__file__).parent / "investment_aid"
KEY = "grants.investment_aid"
SCENARIOS = json.loads((FOLDER / "scenarios.json").read_text())


def schema_of(form: str) -> dict[str, Any]:
    return compile_form((FOLDER / f"{form}.form.json").read_bytes()).json_schema()


def strangers(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """What no answer to the form could be: unknown keys, unknown choices."""
    if isinstance(value, dict) and "properties" in schema:
        for key, inner in value.items():
            if key not in schema["properties"]:
                yield f"{path}.{key}"
            else:
                yield from strangers(inner, schema["properties"][key], f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from strangers(inner, schema.get("items", {}), f"{path}[]")
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} = {value}"


def test_the_request_is_one_that_the_form_can_give() -> None:
    assert (
        list(strangers(SCENARIOS["values"]["application"], schema_of("application"))) == []
    )


@pytest.mark.parametrize(
    ("of_the_company", "told"),
    [
        ("99999112800011", False),
        ("99999112800029", False),
        (None, False),
        ("99999101100019", True),
    ],
)
def test_the_establishment_is_one_of_the_company(
    of_the_company: str | None, told: bool
) -> None:
    """Another establishment of the same company carries a project; another company's not."""
    form = compile_form((FOLDER / "application.form.json").read_bytes())
    values = {**SCENARIOS["values"]["application"], "siret": "99999112800011"}
    context = {"applicant": {"siret": of_the_company}}
    errors = form.check(values, context=context).errors
    sentences = [error.message for error in errors if error.path == "siret"]
    assert any("entreprise pour laquelle vous agissez" in one for one in sentences) == told


@pytest.mark.parametrize("story", SCENARIOS["stories"])
def test_each_story_answers_what_the_forms_ask(story: str) -> None:
    model = compile_model(publication.read_folder(FOLDER), KEY)
    for step in SCENARIOS["stories"][story]:
        if "task" in step:
            element = model.elements[step["task"]]
            assert element.role == step["as"]
            form = element.properties["ebg:form"]
            assert list(strangers(step["values"], schema_of(form))) == []


def test_every_end_is_told_and_has_its_letter() -> None:
    ends = {
        step["end"]
        for story in SCENARIOS["stories"].values()
        for step in story
        if "end" in step
    }
    assert ends == set(OUTCOMES)
    for outcome in OUTCOMES:
        assert (FOLDER / f"notification_{outcome}.letter.md").exists()


def test_no_operation_knows_which_procedure_it_serves() -> None:
    named = [
        p.name for p in FOLDER.parent.glob("*.py") if "investment_aid" in p.read_text()
    ]
    assert named == []


def test_stages_and_roles_are_told_in_french_and_in_order():
    model = compile_model({f.name: f.read_bytes() for f in FOLDER.iterdir()}, KEY)
    assert model.milestones == (
        "Dépôt", "Recevabilité", "Avis", "Instruction", "Décision", "Notification",
        "Versement", "Clôture",
    )  # fmt: skip
    assert model.roles == {
        "applicant": "Entreprise",
        "case_officer": "Instructeur",
        "head_of_service": "Chef de service",
        "cofunder": "Cofinanceur",
    }


def test_panels_show_the_rule_that_decided_and_nothing_too_early():
    assert panels.of({}) == []
    limits = [
        {"label": "Montant demandé", "amount": 20000},
        {"label": "Taux", "amount": 9.5},
    ]
    aid = {"maximum": 9.5, "binding": "Taux", "base": 47.5, "rate": 20, "limits": limits}
    (shown,) = panels.of({"aid": aid, "intensity": {"scheme": "PME", "basis": "RGEC"}})
    assert shown.rows[shown.marked or 0] == ("Taux", Decimal("9.5"))
    assert [fact.label for fact in shown.facts][:2] == ["Aide possible", "Assiette retenue"]
