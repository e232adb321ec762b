"""Letters: what a template may say, what stops it, and that the case cannot write Markdown."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from markdown_it import MarkdownIt

from engine import clock, feel
from engine.commands import people
from engine.models import DefinitionFile, ProcessDefinition, db
from forms import compile_form
from workflows import publication
from workflows.letters import sampling
from workflows.letters.operations import compose, draft, recapitulate

ORGANISATION = {
    "name": "Région",
    "address": "17 bd de la Trémouille\n21000 Dijon",
    "email": "aides@region.example",
    "phone": "03 80 44 33 00",
}
RECIPIENT = {"name": "Madame Anne Morvan", "organisation": "Atelier", "service": None}


@pytest.fixture
def definition(app: Flask) -> UUID:
    owner = people.add_organisation("member", "Région", slug="region")
    row = ProcessDefinition(
        id=uuid4(), key="grants.any", version=1, name="Aide", owner_id=owner,
        start_role="applicant", sha256="0" * 64, origin="folder", model=b"",
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def write(
    definition: UUID, template: str, data: dict[str, Any] | None = None, **case: Any
) -> dict[str, Any]:
    name = f"t{uuid4().hex[:8]}"
    db.session.add(
        DefinitionFile(
            definition_id=definition, name=f"{name}.letter.md", content=template.encode()
        )
    )
    db.session.flush()
    return compose(
        template=name,
        case={
            "definition": str(definition), "number": "26-AAAA-BBBB",
            "organisation": ORGANISATION, "parameters": {},
        } | case,
        recipient=RECIPIENT,
        data=data,
    )  # fmt: skip


def body(definition: UUID, text: str, **data: Any) -> str:
    return str(write(definition, f"# Objet\n{text}", data)["body"])


def test_a_letter_is_what_the_renderer_takes(definition: UUID) -> None:
    contact = {
        "service": "Aides",
        "phone": "01",
        "place": "Dijon",
        "signatory": "La cheffe",
    }
    found = write(
        definition,
        "# Dossier {{ case.number }}\n\n{{ recipient.name }},\n\n{{ sender.service }}",
        parameters={"contact": contact},
    )
    today = feel.compile("format date(d)").evaluate({"d": clock.today()})
    assert found["title"] == "Dossier 26-AAAA-BBBB"
    assert found["body"] == "Madame Anne Morvan,\n\nAides"
    assert found["sender"]["phone"] == "01"
    assert found["sender"]["email"] == "aides@region.example"
    assert found["recipient"] == {"name": "Madame Anne Morvan", "organisation": "Atelier"}
    assert found["place_and_date"] == f"Dijon, le {today}"
    assert found["signatory"] == "La cheffe"
    assert found["reference"] == "26-AAAA-BBBB"
    assert found["file_name"] == "Dossier 26-AAAA-BBBB.pdf"


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("format euros(12.5)", "12,50\u00a0€"),
        ("1.5", "1,5"),
        ("2", "2"),
        ("true", "oui"),
        ('date("2026-11-01")', "1er novembre 2026"),
        ('["a", "b"]', "- a\n- b"),
        ("for x in [1, 2] return x * 10", "- 10\n- 20"),
        ('if n > 1 then "plusieurs" else ""', "plusieurs"),
    ],
)
def test_values_are_written_for_people(
    definition: UUID, expression: str, written: str
) -> None:
    assert body(definition, f"{{{{ {expression} }}}}", n=2) == written


def test_an_empty_place_leaves_no_hole_in_the_page(definition: UUID) -> None:
    text = 'a\n\n{{ if true then "" else "x" }}\n\n{{ [] }}\n\nb'
    assert body(definition, text) == "a\n\nb"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ nobody.name }}", "« nobody.name » n'a pas de valeur"),
        ("{{ null }}", "n'a pas de valeur"),
        ("{{ 1 + }}", "ne peut pas être lu"),
        ("{{ {a: 1} }}", "ne donne pas un texte"),
        ("{{ [null] }}", "ne donne pas un texte"),
    ],
)
def test_a_place_without_a_text_stops_the_letter_and_names_its_line(
    definition: UUID, text: str, words: str
) -> None:
    with pytest.raises(ValueError, match="ligne 3") as stopped:
        body(definition, f"\n{text}")
    assert words in str(stopped.value)


def test_a_template_that_does_not_exist_or_has_no_subject(definition: UUID) -> None:
    case = {"definition": str(definition), "number": "1", "organisation": ORGANISATION}
    with pytest.raises(ValueError, match="« absent » n'existe pas"):
        compose(template="absent", case=case, recipient=RECIPIENT)
    with pytest.raises(ValueError, match="# objet"):
        write(definition, "Bonjour")


@pytest.mark.parametrize(
    "hostile",
    [
        "**gras** _italique_ `code`",
        "[lien](https://ailleurs.example)",
        "<b>html</b> & <script>",
        "# titre",
        "- puce",
        "+ puce",
        "1. rang",
        "12) rang",
        "> citation",
        "| a | b |",
        "~~barré~~",
        "===",
        "---",
        "    code",
        "\\*",
        "{{ case.number }}",
        "![image](x.png)",
        "&amp; &copy;",
    ],
)
def test_what_the_case_says_is_never_markdown(definition: UUID, hostile: str) -> None:
    written = body(definition, "Objet : {{ said }}", said=f"x\n{hostile}")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written)
    kinds = {child.type for token in tokens for child in token.children or []}
    assert {token.type for token in tokens} == {
        "paragraph_open",
        "inline",
        "paragraph_close",
    }
    assert kinds <= {"text", "softbreak", "hardbreak", "text_special"}
    seen = "".join(child.content for token in tokens for child in token.children or [])
    assert hostile.strip() in seen


def test_a_subject_is_plain_text(definition: UUID) -> None:
    found = write(definition, "# Projet « {{ t }} »\nx", {"t": "A_B *C*"})
    assert found["title"] == "Projet « A_B *C* »"


FORM = {
    "type": "default", "id": "asked", "schemaVersion": 19,
    "components": [
        {"type": "group", "id": "g", "label": "Projet", "components": [
            {"type": "textfield", "id": "a", "key": "title", "label": "Intitulé"},
            {"type": "filepicker", "id": "b", "key": "quote", "label": "Devis"},
            {"type": "dynamiclist", "id": "c", "path": "lines", "label": "Dépenses",
             "isRepeating": True, "components": [
                {"type": "number", "id": "d", "key": "amount", "label": "Montant",
                 "properties": {"ebg:type": "montant"}}]}]}],
}  # fmt: skip


def test_a_filed_form_is_laid_out_for_the_file(definition: UUID) -> None:
    compiled = compile_form(json.dumps(FORM).encode()).to_json()
    db.session.add(
        DefinitionFile(
            definition_id=definition, name="asked.form.compiled.json", content=compiled
        )
    )
    db.session.flush()
    quote = {
        "sha256": "0" * 64,
        "name": "devis.pdf",
        "media_type": "application/pdf",
        "size": 9,
    }
    found = recapitulate(
        case={
            "definition": str(definition), "number": "26-AAAA-BBBB", "procedure": "Aide",
            "organisation": ORGANISATION,
        },
        form="asked",
        values={"title": "Four", "quote": [quote], "lines": [{"amount": 1200.5}]},
    )  # fmt: skip
    assert (found["title"], found["reference"]) == (
        "Demande déposée : Aide",
        "26-AAAA-BBBB",
    )
    assert found["sections"] == [
        {
            "title": "Projet",
            "rows": [
                {"label": "Intitulé", "value": "Four"},
                {"label": "Devis", "value": "devis.pdf"},
            ],
            "tables": [
                {
                    "title": "Dépenses",
                    "columns": ["Montant"],
                    "rows": [["1\u00a0200,50\u00a0€"]],
                }
            ],
        }
    ]


def test_a_form_that_does_not_exist_is_named(definition: UUID) -> None:
    case = {"definition": str(definition), "number": "1", "procedure": "Aide"}
    with pytest.raises(ValueError, match="« absent » n'existe pas"):
        recapitulate(case=case, form="absent", values={})


def test_who_signs_in_the_place_of_somebody_says_so(definition: UUID) -> None:
    usual = {"contact": {"signatory": "Pour la présidente,\nla cheffe de service"}}
    head = {"id": "1", "name": "Hélène Petit", "delegation": "arrêté n° 12"}

    def signature(signed_by: dict[str, Any] | None, parameters: Any = usual) -> Any:
        template = f"t{uuid4().hex[:8]}"
        db.session.add(
            DefinitionFile(
                definition_id=definition,
                name=f"{template}.letter.md",
                content=b"# Objet\nx",
            )
        )
        db.session.flush()
        case = {
            "definition": str(definition), "number": "26-AAAA-BBBB",
            "organisation": ORGANISATION, "parameters": parameters,
        }  # fmt: skip
        made = compose(
            template=template, case=case, recipient=RECIPIENT, signed_by=signed_by
        )
        return made["signatory"]

    assert signature(None) == usual["contact"]["signatory"]
    assert signature({"name": "Hélène Petit"}) == usual["contact"]["signatory"]
    deputy = {"id": "2", "name": "Claire Martin", "on_behalf_of": head}
    assert signature(deputy) == (
        "Pour la présidente,\nla cheffe de service\nEn l’absence de Hélène Petit,\n"
        "par délégation de signature (arrêté n° 12),\nClaire Martin"
    )
    assert signature(deputy, {}).startswith("En l’absence de Hélène Petit,")
    deputy["on_behalf_of"] = {**head, "delegation": ""}
    assert "délégation" not in signature(deputy)


def test_a_draft_is_the_letter_that_would_be_written(definition: UUID) -> None:
    text = "# Aide {{ case.number }}\n\n{{ recipient.name }} : {{ montant }} & {{ absent }}"
    case = {"number": "A-1", "organisation": ORGANISATION, "definition": str(definition)}
    given = {"case": case, "recipient": RECIPIENT, "data": {"montant": 3}}
    full = {**given, "data": {"montant": 3, "absent": "_x_"}}
    letter, holes = draft("avis", text, full)
    assert holes == []
    written = write(definition, text, {"montant": 3, "absent": "_x_"}, number="A-1")
    assert letter["body"] == written["body"]
    assert letter["title"] == written["title"]
    letter, holes = draft("avis", text, given)
    assert [hole for hole in holes if "« absent » n'a pas de valeur" in hole] == holes != []
    assert "[absent" in letter["body"]
    with pytest.raises(ValueError, match="objet"):
        draft("avis", "sans objet", given)


def test_a_letter_is_tried_with_what_its_diagram_hands_to_it() -> None:
    folder = publication.folders()["grants.investment_aid"]
    files, key = publication.read_folder(folder), "grants.investment_aid"
    data = json.loads(files["scenarios.json"])["values"]
    found = sampling.arguments(files, key, "acknowledgement", data)
    assert found["data"]["company"] == "Tonnellerie du Morvan"
    assert found["recipient"]["name"] == "Madame Anne Morvan"
    handed = sampling.handed(files, key, "acknowledgement")
    assert handed["project"] == "application.project"
    assert "aid" in sampling.handed(files, key, "notification_granted")
    assert sampling.arguments(files, key, "unknown", data) == {"data": data}
    assert sampling.arguments({"process.bpmn": b"<"}, key, "x", {}) == {"data": {}}
