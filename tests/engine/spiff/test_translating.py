"""Another tool's diagram becomes ours where that is certain, and nothing goes in silence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from engine import feel
from engine.spiff import juel
from engine.spiff.errors import DiagramRefused
from engine.spiff.foreign import DRAWN_SPACES
from engine.spiff.lint import lint
from engine.spiff.notation import BPMN, SPIFF
from engine.spiff.reading import namespace
from engine.spiff.translating import Translated, translate
from tests.engine.spiff.test_foreign import FILES

KEY = "grants.tried"
OURS = {BPMN, SPIFF, *DRAWN_SPACES}


def brought(name: str, **known: set[str]) -> Translated:
    given = {"operations": set(), "forms": set(), **known}
    return translate(FILES[name], KEY, **given)


def bpmn(body: str, **spaces: str) -> bytes:
    said = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces.items())
    return f'<b:definitions xmlns:b="{BPMN}" {said}>{body}</b:definitions>'.encode()


@pytest.mark.parametrize("name", FILES)
def test_nothing_foreign_is_left_and_every_loss_is_told(name: str) -> None:
    made = brought(name)
    root = etree.fromstring(made.content)
    for element in root.iter("*"):
        assert namespace(element) in OURS
        assert not [
            a for a in element.attrib if a[0] == "{" and a[1:].split("}")[0] not in OURS
        ]
    before = {e.get("id") for e in etree.fromstring(FILES[name]).iter("*") if e.get("id")}
    told = {line.element_id for line in (*made.report.lost, *made.report.translated)}
    assert told <= before | {KEY, ""}
    words = [
        problem.message
        for problem in lint(
            {"process.bpmn": made.content},
            operations={},
            remote_calls={},
            forms=(),
            key=KEY,
        )
    ]
    assert not [m for m in words if "d'un autre moteur" in m]
    assert not [m for m in words if "serait ignoré par ce moteur" in m]
    again = translate(made.content, KEY, operations=set(), forms=set())
    assert again.content == made.content, "what is ours is left alone"
    assert not again.report.translated


def test_camunda_s_words_become_ours() -> None:
    made = brought("camunda7", operations={"avis-oseo"}, forms={"instruction"})
    said = {f"{line.element_id} {line.text}" for line in made.report.translated}
    for expected in (
        "Activity_instruire candidateGroups « instructeurs » : devenu le rôle « instructeurs »",
        "Activity_avis opération « avis-oseo »",
        "Activity_taux décision « taux_aide »",
        "Flow_grand « ${montant > 23000 && taux == 40} » : devenu « montant > 23000 and taux = 40 »",
    ):
        assert any(line.startswith(expected) for line in said), expected
    lost = {f"{line.element_id} {line.text}" for line in made.report.lost}
    for expected in ("Activity_script script groovy", "Activity_instruire taskListener",
                     "Activity_java class"):  # fmt: skip
        assert any(line.startswith(expected) for line in lost), expected
    assert made.report.kept["serviceTask"] == 2
    assert "Camunda Modeler" in made.report.tool


def test_zeebe_s_mappings_become_the_parameters_of_an_operation_that_exists() -> None:
    zeebe = "http://camunda.org/schema/zeebe/1.0"
    task = """<b:process id="p" isExecutable="true"><b:serviceTask id="t"><b:extensionElements>
      <z:taskDefinition type="grants.record"/><z:ioMapping>
        <z:input source="=request.amount + 1" target="amount"/>
        <z:output source="=record" target="registered"/></z:ioMapping>
      </b:extensionElements></b:serviceTask></b:process>"""
    for known, expected in (
        ({"grants.record"}, b'value="request.amount + 1"'),
        (set(), b""),
    ):
        made = translate(bpmn(task, z=zeebe), KEY, operations=known, forms=set())
        assert (b"serviceTaskOperator" in made.content) is bool(known)
        assert expected in made.content
        assert bool(made.report.lost) is not bool(known)


def test_several_pools_and_a_missing_drawing_are_answered() -> None:
    pools = """<b:process id="first" isExecutable="false"/>
      <b:process id="second" name="Deux" isExecutable="true"><b:startEvent id="s"/></b:process>
      <b:process id="third" name="Trois" isExecutable="true"/>"""
    made = translate(bpmn(pools), KEY, operations=set(), forms=set())
    notes = " ".join(made.report.notes)
    assert "« first » : autre piscine, seulement dessinée" in notes
    assert "« Trois » : autre piscine exécutable" in notes
    assert "1 étapes n'ont pas de place sur le dessin" in notes
    assert b'id="grants.tried"' in made.content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<a/>", "pas du BPMN"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (bpmn(""), "aucun processus"),
        (bpmn("<b:process id='p'>" + "<b:task/>" * 5001 + "</b:process>"), "5000 au plus"),
    ],
    ids=["xml", "doctype", "empty", "large"],
)
def test_what_is_no_diagram_is_refused_in_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(DiagramRefused, match=said):
        translate(content, KEY, operations=set(), forms=set())


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("${x == 'y'}", 'x = "y"'),
        ("#{a.b != 3 && !done}", "a.b != 3 and not(done)"),
        ("${!(a || b)}", "not( a or b )"),
        ("${amount ge 10}", "amount >= 10"),
        ("=amount > 3", "amount > 3"),
        ("${bean.call(x)}", None),
        ("${a ? b : c}", None),
        ("${list[0]}", None),
        ("${execution.id == 'a'}", None),
        ("${empty x}", None),
        ("${a}${b}", None),
        ("return x;", None),
        ("${!'a'}", None),
        ("${}", None),
    ],
)
def test_an_expression_is_translated_when_it_is_certain(
    theirs: str, ours: str | None
) -> None:
    assert juel.in_feel(theirs) == ours


_NAME = st.sampled_from(["a", "b", "c.d"])
_VALUE = st.integers(0, 9).map(str)
_TEST = st.builds(
    lambda name, sign, value: (f"{name} {sign} {value}"),
    _NAME, st.sampled_from(["==", "!=", "<", ">="]), _VALUE,
)  # fmt: skip
_LOGIC = st.recursive(
    _TEST,
    lambda inner: st.builds(
        lambda left, word, right, no: f"{'!' if no else ''}({left} {word} {right})",
        inner, st.sampled_from(["&&", "||", "and"]), inner, st.booleans(),
    ),
    max_leaves=6,
)  # fmt: skip


def in_python(text: str, data: dict[str, object]) -> object:
    """The same, as any language would read it: without nulls nor types that do not compare."""
    for theirs, ours in (("&&", " and "), ("||", " or "), ("!(", " not("), ("c.d", "c")):
        text = text.replace(theirs, ours)
    return eval(text, {"__builtins__": {}}, data)


@given(_LOGIC, st.fixed_dictionaries({name: st.integers(0, 9) for name in ("a", "b", "c")}))
def test_a_translated_condition_says_the_same(text: str, data: dict[str, int]) -> None:
    made = juel.in_feel("${" + text + "}")
    assert made is not None
    found = feel.compile(made).evaluate({**data, "c": {"d": data["c"]}})
    assert found is in_python(text, data)
