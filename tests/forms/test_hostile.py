"""Whatever is sent, a form answers with errors, never with an exception; and what it
reads, it reads again the same.
"""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from forms import FormRefused, compile_form
from forms.formats import FORMATS
from tests.forms.making import (
    PDF,
    ask,
    choice,
    form,
    group,
    hide,
    many,
    sample,
    source,
    text,
)

KINDS = form(
    text("texte", validate={"maxLength": 50, "pattern": "^(a+)+$"}),
    ask("textarea", "long"),
    *[
        text(f"t_{name.replace('-', '_')}", ebg_type=name)
        for name in FORMATS
        if name not in {"paragraph", "boolean", "date", "time", "moment"}
    ],
    ask("number", "n", decimalDigits=2, validate={"min": -5, "max": "=n2"}),
    ask("number", "n2"),
    ask("datetime", "jour", subtype="date"),
    ask("datetime", "heure", subtype="time"),
    ask("datetime", "moment", subtype="datetime"),
    ask("checkbox", "case_cochee"),
    choice("radio", "r"),
    choice("select", "s", conditional=hide('r = "a"')),
    choice("checklist", "cl"),
    ask("filepicker", "f", multiple=True),
    group("G", text("x"), many("lignes", text("y"), ask("filepicker", "z")), path="g"),
    {"type": "expression", "key": "somme", "expression": "=n + n2"},
)

NAMES = st.one_of(
    st.sampled_from(
        [f"{c.key}" for c in KINDS.columns()] + ["g.lignes.0.y", "g.lignes.7.z"]
    ),
    st.sampled_from(
        [
            "_add:g.lignes",
            "_del:g.lignes:0",
            "_rows:g.lignes",
            "_remove:f:x",
            "_",
            "_add:",
            "_shown",
        ]
    ),
    st.from_regex(r"g\.lignes\.[0-9]{1,6}\.[yzq]", fullmatch=True),
    st.text(max_size=20),
    st.just("a." * 5000),
    st.just("g.lignes.٣.y"),
)
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            "on",
            "a",
            "1 234,50",
            "31/12/9999 23:59",
            "\x00",
            "9" * 400,
            "a" * 100_001,
            "-",
            "0001-01-01T00:00:00+14:00",
            "\ud800",
        ]
    ),
    st.text(string.digits + " ./:-hTZ+€,", max_size=25),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(NAMES, st.lists(TEXTS, max_size=3), max_size=8),
    st.booleans(),
    st.dictionaries(NAMES, st.lists(st.just(PDF), max_size=2), max_size=2),
)
def test_no_submission_breaks_a_form(submitted, draft, files):
    reading = KINDS.read(submitted, files=files, draft=draft)
    for error in reading.errors:
        assert error.message.strip()
        assert "\x00" not in error.message + error.path
    view = KINDS.view(None, reading.values, reading=reading)
    assert view.items
    again = KINDS.check(reading.values, draft=True)
    assert again.values == reading.values
    assert again.errors == ()
    KINDS.recap(reading.values)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [c.key for c in KINDS.columns() if "." not in c.key] + ["g", "x", ""]
        ),
        JSON,
        max_size=8,
    )
    | JSON
)
def test_no_json_breaks_a_form(values):
    reading = KINDS.check(values, previous={})
    again = KINDS.check(reading.values, draft=True)
    assert again.values == reading.values


def test_json_of_the_wrong_shape_is_told_field_by_field():
    wrong = {
        "texte": {"a": 1},
        "long": ["x"],
        "t_siret": 35600000000048,
        "n": True,
        "n2": "12,5",
        "jour": 20261121,
        "case_cochee": "oui",
        "r": ["a"],
        "cl": "a",
        "f": [{"sha256": "d" * 64}],
        "g": {"lignes": [3], "inconnu": 1},
        "zzz": 0,
    }
    reading = KINDS.check(wrong, previous={})
    paths = {error.path for error in reading.errors}
    wanted = {"texte", "long", "t_siret", "n", "jour", "case_cochee", "r", "cl", "f", "zzz"}
    assert wanted | {"g.lignes.0", "g.inconnu"} <= paths
    assert reading.values["n2"] == 12.5


def test_a_value_nested_without_end_is_one_error():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert KINDS.check({"texte": deep, "g": deep}, previous={}).errors


def test_thousands_of_rows_cost_little_and_are_refused():
    typed = {f"g.lignes.{n}.y": ["x"] for n in range(9999)}
    reading = KINDS.read(typed)
    assert len(reading.values["g"]["lignes"]) == 50
    assert any("50 lignes au plus" in error.message for error in reading.errors)


@settings(max_examples=100, deadline=None)
@given(JSON, st.data())
def test_no_file_breaks_the_compiler(found, data):
    component = data.draw(
        st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "key",
                    "label",
                    "validate",
                    "values",
                    "properties",
                    "components",
                    "path",
                    "conditional",
                    "accept",
                    "defaultValue",
                    "expression",
                    "appearance",
                    "increment",
                    "decimalDigits",
                    "subtype",
                    "valuesExpression",
                    "text",
                    "readonly",
                    "id",
                ]
            ),
            JSON
            | st.sampled_from(
                [
                    "textfield",
                    "number",
                    "group",
                    "dynamiclist",
                    "text",
                    "radio",
                    "datetime",
                    "filepicker",
                    "expression",
                    "=1",
                ]
            ),
        )
    )
    try:
        content = source(component, found)
    except TypeError:
        return  # a lone surrogate or a huge number is no JSON
    try:
        compile_form(content)
    except FormRefused as refused:
        assert all(problem.message for problem in refused.problems)


ROUND = {
    "siret": st.just("35600000000048"),
    "raison_sociale": st.text("abcdé '-&<>\"", min_size=1, max_size=20).map(str.strip),
    "date_creation": st.dates()
    .filter(lambda d: 1800 <= d.year <= 2200)
    .map(lambda d: d.isoformat()),
    "effectif_uta": st.integers(0, 9999) | st.integers(0, 9999).map(lambda n: n / 10),
    "chiffre_affaires": st.integers(0, 10**12).map(
        lambda n: n / 100 if n % 100 else n // 100
    ),
    "groupe": st.sampled_from(["oui", "non"]),
    "deggendorf": st.booleans(),
    "depenses": st.lists(
        st.fixed_dictionaries(
            {
                "poste": st.sampled_from(["materiel", "autre"]),
                "montant_ht": st.integers(0, 10**9).map(
                    lambda n: n / 100 if n % 100 else n // 100
                ),
                "devis": st.just([PDF]),
            }
        ),
        max_size=3,
    ),
}


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional=ROUND))
def test_what_a_page_shows_is_what_it_reads_back(values):
    made = sample()
    kept = made.check(values, draft=True)
    assert kept.errors == ()
    reading = made.read(
        posted(made.view(None, kept.values)), previous=kept.values, draft=True
    )
    assert reading.errors == ()
    assert answered(reading.values) == answered(kept.values)


def answered(value):
    """A value without what is left blank, such as the first row a page proposes."""
    if isinstance(value, dict):
        found = {key: answered(each) for key, each in value.items()}
        return {
            key: each for key, each in found.items() if each not in (None, False, [], {})
        }
    if isinstance(value, list):
        return [each for each in map(answered, value) if each != {}]
    return value


def posted(view):
    """What a browser would send for a page left as it is."""
    sent: dict[str, list[str]] = {"_shown": ["1"]}

    def walk(items):
        for item in items:
            match item.widget:
                case "input" | "textarea":
                    sent[item.name] = [item.value.replace("\n", "\r\n")]
                case "checkbox":
                    sent[item.name] = ["", "on"] if item.value else [""]
                case "radio" | "checklist" | "select":
                    sent[item.name] = ["", *(c.value for c in item.choices if c.chosen)]
                case "file":
                    sent[item.name] = ["", *(file.sha256 for file in item.files)]
                case "group":
                    walk(item.items)
                case "repeat":
                    sent[f"_rows:{item.name}"] = [str(len(item.rows))]
                    for row in item.rows:
                        walk(row.items)

    walk(view.items)
    return sent
