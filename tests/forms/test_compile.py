"""The profile: what is accepted, and the French sentence for what is not."""

import orjson
import pytest

from forms import Form, FormRefused, compile_form, profile
from tests.conftest import reference
from tests.forms.making import ask, choice, form, group, hide, many, sample, source, text


def problems(*components, **more):
    with pytest.raises(FormRefused) as refused:
        compile_form(source(*components, **more))
    return [problem.message for problem in refused.value.problems]


def test_the_sample_compiles_and_survives_its_json():
    made = sample()
    assert [page.label for page in made.pages][:2] == [
        "1. Entreprise",
        "2. Représentant et contact",
    ]
    assert Form.from_json(made.to_json()) == made
    assert made.needs == frozenset()


REFUSED = [
    ({"type": "html", "content": "<b>"}, "html"),
    ({"type": "iframe", "url": "https://exemple.fr"}, "iframe"),
    ({"type": "button", "label": "OK"}, "boutons"),
    ({"type": "siret", "key": "a"}, "palette"),
    ({"type": "image", "source": "x"}, "image"),
    ({"type": "table", "dataSource": "x"}, "table"),
    ({"type": ["textfield"]}, "n’est pas admis"),
    ({"key": "a"}, "n’est pas admis"),
    ("textfield", "forme attendue"),
    (None, "forme attendue"),
    (text(valuesKey="x"), "valuesExpression"),
    (text(onclick="x"), "onclick"),
    (text(ebg_tpye="siret"), "ebg:tpye"),
    (text(ebg_type="siren2"), "siren2"),
    (text(ebg_type="boolean"), "n’est pas admis ici"),
    (ask("number", ebg_type="siret"), "n’est pas admis ici"),
    (ask("checkbox", ebg_type="siret"), "ebg:type"),
    (text(properties=["x"]), "propriétés"),
    (text(properties={"ebg:type": 3}), "texte court"),
    (text(label=""), "libellé"),
    (text(label=3), "texte de"),
    (text(label="x" * 1001), "1000 signes"),
    (text(key="é"), "clé"),
    (text(key="a.b"), "clé"),
    (text(key="x" * 65), "clé"),
    (text(key="_x"), "clé"),
    (text(key="csrf_token"), "réservée"),
    (text(key="case"), "réservée au dossier"),
    (group("G", text(), path="case"), "réservée au dossier"),
    (text(conditional=hide("a >")), "La condition"),
    (text(conditional=hide("q = 1")), "sa propre réponse"),
    (text(conditional={"show": "=a"}), "condition"),
    (text(conditional={"hide": 3}), "FEEL"),
    (text(validate={"max": 3}), "max"),
    (text(validate={"required": "oui"}), "required"),
    (text(validate={"minLength": "beaucoup"}), "nombre entier"),
    (text(validate={"pattern": "(?=a)"}), "motif"),
    (text(validate={"pattern": "("}), "motif"),
    (text(validate={"pattern": "a" * 301}), "motif"),
    (text(validate={"validationType": "carte"}), "inconnu"),
    (text(readonly="=a"), "vrai ou faux"),
    (text(ebg_check="q != 3"), "ebg:message"),
    (text(ebg_check="q !", ebg_message="Non."), "ebg:check"),
    (text(ebg_autocomplete="cc-number"), "autocomplete"),
    (text(defaultValue=3), "par défaut"),
    (choice("radio", defaultValue="z"), "par défaut"),
    (ask("checkbox", defaultValue="on"), "par défaut"),
    (ask("number", defaultValue="beaucoup"), "par défaut"),
    (ask("number", validate={"min": "beaucoup"}), "nombre"),
    (ask("number", increment="0"), "positif"),
    (ask("number", decimalDigits=11), "de 0 à 10"),
    (ask("number", serializeToString=True), "nombres"),
    (ask("radio"), "réponses possibles"),
    (ask("radio", values=[]), "réponses possibles"),
    (ask("radio", values=[{"label": "A"}]), "libellé et une valeur"),
    (ask("radio", values=[{"label": "A", "value": "a"}] * 2), "différentes"),
    (ask("select", valuesExpression="https://exemple.fr/pays.json"), "adresse"),
    (ask("select", valuesExpression='=get("https://exemple.fr")'), "adresse"),
    (ask("select", valuesExpression="=lots["), "expression des réponses"),
    (ask("datetime", subtype="année"), "une date"),
    ({"type": "datetime", "key": "q", "subtype": "date"}, "libellé"),
    (ask("filepicker", accept="pdf"), "extensions"),
    (ask("filepicker", ebg_max_files="0"), "de 1 à 100"),
    (ask("filepicker", defaultValue="x"), "defaultValue"),
    (many("lignes", text(), ebg_max_rows="201"), "de 1 à 200"),
    (many("lignes", text(), ebg_min_rows="5", ebg_max_rows="4"), "dépasse"),
    (many("", text()), "clé"),
    (group("", text()), "libellé"),
    (group("G", ebg_shared="x"), "ebg_shared"),
    ({"type": "text", "text": "{{ a b }}"}, "expression du texte"),
    ({"type": "text", "text": "=("}, "expression du texte"),
    ({"type": "text", "text": 3}, "texte de"),
    ({"type": "expression", "key": "q", "computeOn": "change"}, "expression FEEL"),
    ({"type": "expression", "key": "q", "expression": "=1 +"}, "incorrecte"),
]


@pytest.mark.parametrize(("component", "said"), REFUSED)
def test_a_component_outside_the_profile_is_refused_in_french(component, said):
    found = problems(component)
    assert any(said in message for message in found), found
    assert all(message.endswith(".") for message in found)


def test_every_problem_is_told_with_its_place():
    with pytest.raises(FormRefused) as refused:
        compile_form(
            source(group("G", {"type": "html"}, text(label="")), {"type": "button"})
        )
    assert [problem.path for problem in refused.value.problems] == [
        "components[0].components[0]",
        "components[0].components[1]",
        "components[1]",
    ]


def test_a_key_stands_for_one_question():
    assert "deux fois" in problems(text("a"), text("a"))[0]
    assert "deux fois" in problems(text("a"), group("G", text("b"), path="a"))[0]
    assert "deux fois" in problems(many("a", text("b")), many("a", text("c")))[0]
    assert "deux fois" in problems(group("G", text("a")), text("a"))[0]
    form(text("a"), group("G", text("a"), path="g"), many("r", text("a")))
    form(group("G", text("a"), path="g"), group("H", text("b"), path="g"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"[]",
        b"3",
        b"{}",
        b"\xff\xfe",
        b'{"type":"default","components":{}}',
        b'{"type":"other","components":[]}',
        b'{"components":[]}',
        b"[" * 100_000,
        b'{"components":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b" " * (profile.MAX_BYTES + 1),
        source(text(), schemaVersion=20),
        source(text(), schemaVersion="19"),
        source(text(), script="x"),
        source(*[text(f"q{n}") for n in range(profile.MAX_COMPONENTS + 1)]),
        orjson.dumps({"components": [3, [], {}, {"type": {}}]}),
    ],
)
def test_a_hostile_file_is_refused(content):
    with pytest.raises(FormRefused) as refused:
        compile_form(content)
    assert 1 <= len(refused.value.problems) <= 100


def test_groups_may_be_nested_as_deep_as_allowed_and_no_deeper():
    def nested(depth):
        return text() if depth == 0 else group("G", nested(depth - 1))

    form(nested(profile.MAX_DEPTH - 1))
    assert "s’emboîtent" in problems(nested(profile.MAX_DEPTH))[0]


def test_a_shared_piece_enters_where_it_is_named():
    piece = source(text("rue"), text("ville"))
    where = group("Adresse", path="siege", properties={"ebg:shared": "lieu"})
    made = compile_form(source(where), shared={"lieu": piece})
    assert [column.key for column in made.columns()] == ["siege.rue", "siege.ville"]
    assert "n’existe pas" in problems(where)[0]
    itself = source(where)
    with pytest.raises(FormRefused, match="se contient"):
        compile_form(source(where), shared={"lieu": itself})


@pytest.mark.parametrize("name", ["address", "bank_details", "legal_representative"])
def test_the_common_pieces_compile(name):
    made = form(group("Pièce", path="piece", properties={"ebg:shared": name}))
    assert made.columns()


def test_the_editor_s_own_keys_change_nothing():
    layout = {"layout": {"row": "Row_1", "columns": 8}}
    assert form(text(**layout)).columns() == form(text()).columns()


def test_a_name_from_the_case_is_told_apart():
    made = form(text("a", conditional=hide('applicant.kind = "x" and b = 1')), text("b"))
    assert made.needs == {"applicant"}


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"version":0,"id":"","nodes":[]}']
)
def test_a_compiled_form_of_another_kind_is_refused(content):
    with pytest.raises(ValueError):
        Form.from_json(content)


def test_the_profile_is_a_part_of_form_js():
    schema = reference("grants/schemas/form-js-1.24.bundled.schema.json").read_text()
    for kind, keys in profile.KEYS.items():
        assert f'"{kind}"' in schema
        for key in keys:
            assert f'"{key}"' in schema, (kind, key)
