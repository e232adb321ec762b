"""What the review of a table says: gaps, overlaps, dead rules, unsuitable values."""

import random

import pytest

from engine import decisions
from tests.engine.dmn import dmn, table
from workflows import publication


def remarks(rules, **parts):
    return decisions.review(decisions.compile(dmn(table(rules, **parts))))


def messages(rules, **parts):
    return [(one.rules, one.example, one.message) for one in remarks(rules, **parts)]


@pytest.mark.parametrize(
    ("rules", "parts", "expected"),
    [
        # gaps
        ("< 10 => 1\n> 10 => 2", {}, [((), {"montant": 10})]),
        ("< 10 => 1\n>= 20 => 2", {}, [((), {"montant": 10})]),
        ("[0..10] => 1\n(10..20] => 2", {}, [((), {"montant": 21})]),
        ("[5..10] => 1", {}, [((), {"montant": 4})]),
        ("< 10 => 1\n>= 10 => 2", {}, []),
        ("< 10 => 1\n> 10 => 2", {"default": "0"}, []),
        ("< 10 => 1\n> 10 => 2", {"policy": "COLLECT"}, []),
        ("< 10 => 1\n> seuil => 2", {}, []),
        ("true => 1", {}, [((), {"montant": False})]),
        ('"a" => 1\n"b" => 2', {}, []),
        ('not("a") => 1', {}, [((), {"montant": "a"})]),
        (
            '< date("2021-01-01") => 1\n<= date("2021-12-31") => 2',
            {},
            None,
        ),
        (
            '[@"2020-01-01"..@"2020-12-31"] => 1\n[@"2021-01-01"..@"2021-12-31"] => 2',
            {},
            [((), {"montant": "2022-01-01"})],
        ),
        ('>= date("2020-01-01") => 1', {}, []),
        ('< duration("P10D") => 1', {}, [((), {"montant": "P10D"})]),
        (
            '"a" | < 5 => 1\n"a" | >= 5 => 2\n"b" | < 5 => 3',
            {"inputs": ("x", "y")},
            [((), {"x": "b", "y": 5})],
        ),
        # rules that apply together
        ("<= 10 => 1\n>= 10 => 2", {}, [((1, 2), {"montant": 10})]),
        ("<= 10 => 1\n>= 10 => 2", {"policy": "ANY"}, [((1, 2), {"montant": 10})]),
        ("<= 10 => 1\n>= 10 => 1", {"policy": "ANY"}, []),
        ("<= 10 => 1\n>= 10 => a", {"policy": "ANY"}, []),
        ("<= 10 => 1\n>= 10 => 2", {"policy": "FIRST"}, []),
        ("<= a => 1\n>= a => 2", {}, []),
        ('not("a") => 1\nnot("b") => 2\n"a","b" => 3', {}, None),
        # rules that never apply
        ("< 10 => 1\n< 5 => 2\n- => 3", {"policy": "FIRST"}, [((2,), {})]),
        ("< 10 => 1\n>= 10 => 2\n- => 3", {"policy": "FIRST"}, [((3,), {})]),
        ('"a" => 1\n- => 2', {"policy": "FIRST"}, []),
        ("< a => 1\n< 5 => 2\n- => 3", {"policy": "FIRST"}, []),
        # values that do not suit
        ('"a" => 1\n- => 2', {"policy": "FIRST", "types": ("number",)}, [((1,), None)]),
        ('- => "b"', {"values": ('"a"',)}, [((1,), {"resultat": "b"})]),
    ],
)
def test_remarks(rules, parts, expected):
    found = remarks(rules, **parts)
    if expected is None:
        assert found
        return
    assert [one.rules for one in found] == [rules for rules, _ in expected], found
    for one, (_, example) in zip(found, expected, strict=True):
        assert example is None or one.example == example
        assert one.severity == "warning"
        assert one.table == "Table d'essai"


def test_sentences_are_french():
    ((_, _, gap),) = messages("true => 1")
    assert gap == "Aucune règle ne s'applique, par exemple pour montant = faux."
    ((_, _, twice),) = messages("<= 10 => 1\n>= 10 => 2")
    assert twice.startswith("Les règles 1 et 2 s'appliquent ensemble, par exemple pour ")


def test_a_table_too_large_is_said_not_to_be_judged():
    random.seed(1)
    names = tuple(f"x{n}" for n in range(12))
    rows = "\n".join(
        " | ".join(f"[{random.randint(0, 50)}..{random.randint(50, 99)}]" for _ in names)
        + " => 1"
        for _ in range(60)
    )
    found = remarks(rows, inputs=names, policy="PRIORITY", values=("1",))
    assert len(found) <= 3


def test_gaps_and_overlaps_are_real():
    """Every remark's example, evaluated, does what the remark says."""
    chance = random.Random(7)
    for _ in range(60):
        rows = []
        for _ in range(chance.randint(1, 5)):
            low, high = sorted(chance.sample(range(10), 2))
            ends = chance.choice(["[", "("]), chance.choice(["]", ")"])
            other = chance.choice(["-", "true", "false"])
            rows.append(f"{ends[0]}{low}..{high}{ends[1]} | {other} => 1")
        source = dmn(table("\n".join(rows), inputs=("x", "y"), policy="RULE ORDER"))
        judged = dmn(table("\n".join(rows), inputs=("x", "y")))
        every = decisions.compile(source)
        for one in decisions.review(decisions.compile(judged)):
            context = {"y": True, **one.example}
            hits = decisions.explain(every, "essai", context).rules
            assert {rule.number for rule in hits} >= set(one.rules)
            assert bool(hits) is bool(one.rules)


def test_publication_warns_and_our_own_tables_are_clean():
    file = dmn(table("< 10 => 1\n> 10 => 2"))
    (warning,) = publication._check_decisions({"essai.dmn": file})
    assert (warning.severity, warning.file) == ("warning", "essai.dmn")
    assert warning.element_name == "Table d'essai"
    for key, folder in publication.folders().items():
        files = publication.read_folder(folder)
        assert list(publication._check_decisions(files)) == [], key


def test_hostile_tables_are_reviewed_in_bounded_time():
    wide = " | ".join(["[1..2]"] * 200) + " => 1"
    names = tuple(f"x{n}" for n in range(200))
    assert len(remarks("\n".join([wide] * 3), inputs=names, policy="FIRST")) <= 20
    nearly = (
        " | ".join(["true"] * 200) + " => 1\n" + " | ".join(["-"] * 199) + " | true => 2"
    )
    gap, *_ = remarks(nearly, inputs=names, policy="FIRST")
    assert gap.message.endswith(", ….")
    many = "\n".join(f"{n} => {n}" for n in range(3000))
    assert [one.severity for one in remarks(many)] == ["note"]
