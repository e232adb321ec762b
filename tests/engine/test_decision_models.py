"""Whole decision models: declared types, decision services, imported files."""

import pytest

from engine import decisions, feel
from tests.engine.dmn import SPACE, dmn, escaped, literal, table

ITEMS = """
<itemDefinition name="Taille"><typeRef>string</typeRef>
  <allowedValues><text>"micro", "pme"</text></allowedValues></itemDefinition>
<itemDefinition name="Montants" isCollection="true"><typeRef>number</typeRef></itemDefinition>
<itemDefinition name="Deux" isCollection="true"><typeRef>number</typeRef>
  <typeConstraint><text>count(?) = 2</text></typeConstraint></itemDefinition>
<itemDefinition name="Dépense"><itemComponent name="poste"><typeRef>string</typeRef>
  </itemComponent><itemComponent name="montant"><typeRef>number</typeRef></itemComponent>
</itemDefinition>
<itemDefinition name="Arbre"><itemComponent name="n"><typeRef>number</typeRef></itemComponent>
  <itemComponent name="sous" isCollection="true"><typeRef>Arbre</typeRef></itemComponent>
</itemDefinition>
"""


def typed(text, type_):
    return (
        f'<decision id="d" name="d"><variable name="d" typeRef="{type_}"/>'
        f"<literalExpression><text>{escaped(text)}</text></literalExpression></decision>"
    )


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("string", "1 + 1", None),
        ("feel:number", "[10]", 10),
        ("number", '["a"]', None),
        ("Taille", '"pme"', "pme"),
        ("Taille", '"grande"', None),
        ("Montants", "10", [10]),
        ("Montants", '[10, "a"]', None),
        ("Montants", "[10, null]", [10, None]),
        ("Deux", "[1, 2]", [1, 2]),
        ("Deux", "[1]", None),
        ("Dépense", '{poste: "conseil", montant: 1, note: "x"}', "same"),
        ("Dépense", '{poste: "conseil"}', None),
        ("Dépense", '{poste: "conseil", montant: "1"}', None),
        ("Arbre", "{n: 1, sous: [{n: 2, sous: []}]}", "same"),
        ("Arbre", '{n: 1, sous: [{n: "a", sous: []}]}', None),
        ("date", '"2026-11-21"', "2026-11-21"),
        ("date", '"hier"', None),
        ("dateTime", 'date("2026-11-21")', "2026-11-21T00:00:00Z"),
        ("dayTimeDuration", '"P1M"', None),
        ("Inconnu", "1", 1),
        ("Any", '"x"', "x"),
    ],
)
def test_a_result_fits_its_declared_type_or_is_null(type_, text, expected):
    compiled = decisions.compile(dmn(ITEMS, typed(text, type_)))
    if expected == "same":
        expected = feel.plain(feel.compile(text).evaluate({}))
    assert decisions.evaluate(compiled, "d", {}) == expected


def test_inputs_and_parameters_fit_their_types():
    data = '<inputData id="i" name="i"><variable name="i" typeRef="date"/></inputData>'
    reads = literal("d", 'i + @"P1D"').replace(
        "<literal",
        '<informationRequirement><requiredInput href="#i"/></informationRequirement><literal',
    )
    compiled = decisions.compile(dmn(data, reads))
    assert decisions.evaluate(compiled, "d", {"i": "2026-11-21"}) == "2026-11-22"
    double = (
        '<businessKnowledgeModel id="f" name="f"><encapsulatedLogic>'
        '<formalParameter name="x" typeRef="Montants"/><literalExpression>'
        "<text>count(x)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    calls = literal("d", '[f(1), f([1, 2]), f("a")]').replace(
        "<literal",
        '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement><literal',
    )
    compiled = decisions.compile(dmn(ITEMS, double, calls))
    assert decisions.evaluate(compiled, "d", {}) == [1, 2, None]


SERVICE = (
    '<inputData id="i" name="montant"><variable name="montant" typeRef="number"/></inputData>'
    '<decision id="avis" name="Avis de l\'expert"/>'
    '<decision id="taux" name="Taux"><variable name="Taux"/>'
    '<informationRequirement><requiredDecision href="#avis"/></informationRequirement>'
    '<informationRequirement><requiredInput href="#i"/></informationRequirement>'
    '<literalExpression><text>if Avis de l\'expert = "favorable" then montant * 2 else 0'
    "</text></literalExpression></decision>"
    '<decisionService id="s" name="Calcul"><outputDecision href="#taux"/>'
    '<inputDecision href="#avis"/><inputData href="#i"/></decisionService>'
)


def test_a_service_is_asked_directly_or_called():
    caller = literal(
        "d", '[Calcul(21, "favorable"), Calcul(21, "réservé"), Calcul(1)]'
    ).replace(
        "<literal",
        '<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement><literal',
    )
    compiled = decisions.compile(dmn(SERVICE, caller))
    told = {"montant": [4], "Avis de l'expert": "favorable"}
    assert decisions.evaluate(compiled, "s", told) == 8
    assert decisions.evaluate(compiled, "d", {}) == [42, 0, None]
    assert compiled["s"].names == {"montant", "Avis de l'expert"}
    assert compiled["d"].names == frozenset()


def test_a_service_of_several_decisions_gives_a_context():
    service = (
        '<decisionService id="s" name="s"><outputDecision href="#a"/>'
        '<outputDecision href="#b"/></decisionService>'
    )
    compiled = decisions.compile(dmn(literal("a", "1"), literal("b", "2"), service))
    assert decisions.evaluate(compiled, "s", {}) == {"a": 1, "b": 2}


def file(namespace, *parts, imports=()):
    links = "".join(
        f'<import name="{name}" namespace="{space}" importType="{SPACE}"/>'
        for name, space in imports
    )
    source = f'<definitions xmlns="{SPACE}" name="f" namespace="{namespace}">'
    return f"{source}{links}{''.join(parts)}</definitions>".encode()


def requiring(key, text, href):
    return literal(key, text).replace(
        "<literal",
        f'<informationRequirement><requiredDecision href="{href}"/></informationRequirement><literal',
    )


COMMON = file(
    "common",
    '<itemDefinition name="Texte"><typeRef>string</typeRef></itemDefinition>',
    table('>= 10 => "grand"\n< 10 => "petit"', key="size", name="Taille du projet"),
)


def test_a_file_reads_the_decisions_and_types_of_those_it_imports():
    source = file(
        "main",
        requiring("d", 'Règles communes.Taille du projet + "!"', "common#size"),
        '<decision id="t" name="t"><variable name="t" typeRef="Règles communes.Texte"/>'
        "<literalExpression><text>1</text></literalExpression></decision>",
        imports=[("Règles communes", "common")],
    )
    compiled = decisions.compile(source, [b"<broken", COMMON])
    assert decisions.evaluate(compiled, "d", {"montant": 12}) == "grand!"
    assert decisions.evaluate(compiled, "t", {}) is None
    assert compiled.keys() == {"d", "t"}
    assert compiled["d"].names == {"montant"}


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ([], "aucun fichier n'a pour espace de noms « common »"),
        (
            [
                file("common", imports=[("x", "third")]),
                file("third", imports=[("y", "common")]),
            ],
            "en rond",
        ),
        ([file("common", literal("size", "1 +"))], "ne se lit pas"),
        ([file("common")], "requiert « size », absent"),
    ],
)
def test_imports_that_fail_are_told(others, problem):
    source = file(
        "main", requiring("d", "C.size", "common#size"), imports=[("C", "common")]
    )
    with pytest.raises(decisions.DecisionRefused) as caught:
        decisions.compile(source, others)
    assert any(problem in one for one in caught.value.problems), caught.value.problems


def test_only_decision_files_are_imported():
    source = file("main", literal("d", "1")).replace(
        b"<decision",
        b'<import name="x" namespace="x" importType="http://pmml"/><decision',
        1,
    )
    with pytest.raises(decisions.DecisionRefused, match="que des fichiers DMN"):
        decisions.compile(source)


def test_types_that_turn_round_stop():
    items = '<itemDefinition name="A"><typeRef>A</typeRef></itemDefinition>'
    compiled = decisions.compile(dmn(items, typed("1", "A")))
    with pytest.raises(feel.FeelLimitExceeded):
        decisions.evaluate(compiled, "d", {})


def test_long_cells_are_counted_for_what_they_cost():
    cell = " or ".join(["? = 1"] * 2000)
    rules = "\n".join([f"{cell} => 1"] * 20)
    heavy = literal("h", "count(for i in 1..40000 return f(i))").replace(
        "<literal",
        '<knowledgeRequirement><requiredKnowledge href="#f"/></knowledgeRequirement><literal',
    )
    function = table(rules, inputs=("x",), policy="COLLECT")
    function = function[function.index("<decisionTable") : -len("</decision>")]
    known = (
        '<businessKnowledgeModel id="f" name="f"><encapsulatedLogic><formalParameter name="x"/>'
        f"{function}</encapsulatedLogic></businessKnowledgeModel>"
    )
    compiled = decisions.compile(dmn(known, heavy))
    with pytest.raises(feel.FeelLimitExceeded):
        decisions.evaluate(compiled, "h", {})
