"""What each construct means, one line a rule."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from engine import feel
from engine.feel import Range, YearsMonths

CONTEXT = {
    "n": 5,
    "f": 0.1,
    "s": "abc",
    "yes": True,
    "no": False,
    "nothing": None,
    "numbers": [1, 2, 3, 4],
    "rows": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "x"}],
    "deep": {"a": {"b": {"c": 7}}},
    "day": "2026-11-21",
    "Montant HT": 100,
    "taux-plafond": 0.5,
    "date": "une variable",
}


def value(source, **names):
    return feel.compile(source, ("Montant HT", "taux-plafond")).evaluate(
        {**CONTEXT, **names}
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # numbers are exact
        ("f + 0.2", Decimal("0.3")),
        ("1/3*3", Decimal("0.9999999999999999999999999999999999")),
        ("2 ** 10", Decimal(1024)),
        ("-2 ** 2", Decimal(4)),
        ("2 ** 3 ** 2", Decimal(64)),
        ("10 - 2 - 3", Decimal(5)),
        ("-(n)", Decimal(-5)),
        ("--n", Decimal(5)),
        (".5 + 1.5e2", Decimal("150.5")),
        # null where there is no answer
        ("n / 0", None),
        ("n + s", None),
        ("n + nothing", None),
        ("missing.a.b", None),
        ('5 > "3"', None),
        ("n < nothing", None),
        ("true < false", None),
        ("n = s", None),
        ("n != s", None),
        ("nothing = missing", True),
        ("n = nothing", False),
        ("n != nothing", True),
        # three-valued logic
        ("yes and nothing", None),
        ("no and nothing", False),
        ("yes or nothing", True),
        ("no or nothing", None),
        ('yes and "text"', None),
        ("not(nothing)", None),
        ("no and no or yes", True),
        ("not(yes) or yes", True),
        # if takes only true as true
        ('if n then "a" else "b"', "b"),
        ('if n > 3 then "a" else "b"', "a"),
        ("if yes then 1 else 2 + 10", Decimal(1)),
        # ranges
        ("n in [1..5]", True),
        ("n in [1..5)", False),
        ("n in [1..5[", False),
        ("n in ]5..9]", False),
        ("n in (< 3, > 4)", True),
        ("n in < 3", False),
        ("n in (2 + 3)", True),
        ("n in (numbers)[1]", False),
        ("n in [[1..3], [5..6]]", True),
        ("n in nothing", False),
        ("5 in (null..10]", None),
        ('"b" in ["a".."c"]', True),
        ("n between 1 and 5 and yes", True),
        ("n between 6 and 9", False),
        ("s between 1 and 2", None),
        ("[1..n].end", Decimal(5)),
        ("(< n).start", None),
        ("[1..n).end included", False),
        # lists, filters, paths
        ("numbers[1]", Decimal(1)),
        ("numbers[-1]", Decimal(4)),
        ("numbers[0]", None),
        ("numbers[9]", None),
        ("numbers[n - 3]", Decimal(2)),
        ("numbers[item > 2]", [Decimal(3), Decimal(4)]),
        ('rows[b = "x"].a', [Decimal(1), Decimal(3)]),
        ("rows[a > n]", []),
        ("rows[item.a = 2].b", ["y"]),
        ("rows[2].b", "y"),
        ("n[1]", Decimal(5)),
        ("nothing[1]", None),
        ("deep.a.b.c", Decimal(7)),
        ("[1, [2]][2][1]", Decimal(2)),
        ("[]", []),
        ("[1, 2] = [1, 2]", True),
        ("[1, 2] = [1, 3]", False),
        ("[1] = 1", None),
        # contexts
        ("{a: 1, b: a + 1}", {"a": Decimal(1), "b": Decimal(2)}),
        ('{"a b": 1}', {"a b": Decimal(1)}),
        ("{full name: 1, y: full name + 1}.y", Decimal(2)),
        ("{a: 1} = {a: 1}", True),
        ("{f: function(x) x * 2}.f(4)", Decimal(8)),
        # loops
        ("for i in 1..3 return i * i", [Decimal(1), Decimal(4), Decimal(9)]),
        ("for i in 3..1 return i", [Decimal(3), Decimal(2), Decimal(1)]),
        ("for i in [1..3) return i", [Decimal(1), Decimal(2)]),
        ("for i in [1,2], j in [i,10] return j", [Decimal(d) for d in (1, 10, 2, 10)]),
        ("for i in 1..4 return if i = 1 then 1 else partial[-1] * i", [1, 2, 6, 24]),
        ("for i in nothing return i", None),
        ("for i in 1..2.5 return i", None),
        ('for d in @"2026-11-21"..@"2026-11-22" return d.day', [21, 22]),
        ("some x in numbers satisfies x > 3", True),
        ("every x in numbers satisfies x > 3", False),
        ("every x in [] satisfies false", True),
        ("some x in [1, null] satisfies x > 3", None),
        ("some x in numbers, y in numbers satisfies x + y = 8", True),
        # functions
        ('substring(string: "abcd", start position: 2, length: 2)', "bc"),
        ("(function(x, y) x - y)(y: 1, x: 5)", Decimal(4)),
        ("(function(x: number) x)([3])", Decimal(3)),
        ("(function(x: number) x)(s)", None),
        ("sort([3,1,2], function(a, b) a < b)", [1, 2, 3]),
        ("abs([-5])", Decimal(5)),
        ("count(5)", Decimal(1)),
        ("min(3, 1, 2)", Decimal(1)),
        # names of several words, or that look like functions
        ("Montant HT * 2", Decimal(200)),
        ("Montant HT*taux-plafond", Decimal(50)),
        ("date", "une variable"),
        ("date(day) = date(2026, 11, 21)", True),
        # types
        ("n instance of number", True),
        ("s instance of number", False),
        ("nothing instance of Any", False),
        ("numbers instance of list<number>", True),
        ("rows instance of list<context<a: number, b: string>>", True),
        ('@"P1D" instance of days and time duration', True),
        ('@"P1M" instance of years and months duration', True),
        ("abs instance of function<number> -> number", True),
        # texts
        (r'"a\"b\né\u20AC\U01F40E"', 'a"b\né€🐎'),
        ('"a" < "b"', True),
        # comments, leading equals sign
        ("= n + /* cinq */ 1 // fin", Decimal(6)),
    ],
)
def test_value(source, expected):
    got = value(source)
    assert got == expected
    assert isinstance(got, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('@"2026-11-21"', date(2026, 11, 21)),
        ('@"2026-11-21T10:00:00Z"', datetime(2026, 11, 21, 10, tzinfo=UTC)),
        ('@"10:30:00.5"', time(10, 30, 0, 500_000)),
        ('@"-P1DT2H"', -timedelta(days=1, hours=2)),
        ('@"P1Y2M"', YearsMonths(14)),
        ('date(2024, 2, 29) + @"P1Y"', date(2025, 2, 28)),
        ('@"2026-11-21" - @"2026-11-01"', timedelta(days=20)),
        ('@"2026-11-21" - @"P1M"', date(2026, 10, 21)),
        ('@"2026-11-21T23:00:00" + @"PT2H"', datetime(2026, 11, 22, 1)),
        # real time across the change of clocks, not the time on the wall
        (
            'string(@"2026-03-29T01:30:00@Europe/Paris" + @"PT1H")',
            "2026-03-29T03:30:00@Europe/Paris",
        ),
        ('@"2026-11-21T12:00:00+02:00" = @"2026-11-21T10:00:00Z"', True),
        ('@"2026-11-21T12:00:00" < @"2026-11-21T10:00:00Z"', None),
        ('@"2026-11-21" < @"2026-11-21T10:00:00"', None),
        ('@"P1D" * 2.5', timedelta(days=2.5)),
        ('@"P1D" / @"PT1H"', Decimal(24)),
        ('@"P1Y" / 5', YearsMonths(2)),
        ('-@"P1Y"', YearsMonths(-12)),
        ('@"2026-11-21".weekday', Decimal(6)),
        ('@"PT36H".days', Decimal(1)),
        ('@"2026-11-21T12:00:00+02:00".time offset', timedelta(hours=2)),
        ('@"9999-12-31" + @"P1D" - @"9999-12-30"', timedelta(2)),
        ('(@"9999-12-31" + @"P1D" > @"9999-12-31")', True),
        ("date(-44, 3, 15).year", Decimal(-44)),
        ("day of week(date(12026, 11, 21))", "Saturday"),
        ('string(@"-0044-03-15T12:00:00Z" + @"P2000Y")', "1956-03-15T12:00:00Z"),
        ('years and months duration(date(-44, 3, 15), @"2026-03-14")', YearsMonths(24839)),
        ('string(@"9999-12-31" + @"P1D")', "10000-01-01"),
        ('date("2026-02-30")', None),
        ('date("21/11/2026")', None),
        (
            'years and months duration(date("2020-01-15"), date("2026-01-14"))',
            YearsMonths(71),
        ),
        ('[@"2024-01-01"..@"2030-12-31"]', Range(date(2024, 1, 1), date(2030, 12, 31))),
        ('date(day) in [date("2024-01-01")..date("2030-12-31")]', True),
    ],
)
def test_dates(source, expected):
    assert value(source) == expected


@pytest.mark.parametrize(
    ("cell", "given", "expected"),
    [
        ("", 1, True),
        ("-", None, True),
        ("-5", -5, True),
        ("< 5, > 10", 12, True),
        ("not(< 5, > 10)", 7, True),
        ("not(5)", None, True),
        ("not(< 5)", None, None),
        ("[1..n]", 5, True),
        ("n", 5, True),
        ("numbers", 3, True),
        ("numbers", [1, 2, 3, 4], True),
        ("true", True, True),
        ("true", False, False),
        ("true", None, False),
        ("false", False, True),
        ("null", None, True),
        ("? > n and ? < 9", 7, True),
        ("n > 3", "anything", True),
        ('contains(?, "b")', "abc", True),
        ("not(yes) or yes", "x", True),
        ("= 5", 5, True),
        ("!= 5", 5, False),
        ('@"2026-01-01"', date(2026, 1, 1), True),
        ('[@"2026-01-01"..@"2026-12-31"]', date(2026, 11, 21), True),
        ('"a", "b"', "b", True),
        ('"a", "b"', 5, None),
    ],
)
def test_cell(cell, given, expected):
    assert feel.compile_unary(cell).matches(given, CONTEXT) is expected


def test_free_names_leave_out_what_the_expression_defines():
    found = feel.compile(
        "for i in lignes return sum(lignes[montant > seuil].montant) + {a: 1, b: a}.b + i + n"
    )
    assert found.names == {"lignes", "n"}
    assert found.possible_names == {"montant", "seuil"}
    assert feel.compile_unary("? > seuil").names == {"seuil"}


def test_diagnosis_says_why_the_answer_is_null():
    found = feel.compile('montant_ht > 3 and n + "a" > 2').diagnose({"n": 1})
    assert found.value is None
    assert found.notes == (
        "La variable « montant_ht » n'existe pas (caractère 1)",
        "On ne peut pas comparer rien (null) et un nombre (caractère 12)",
        "Le résultat est null : calcul impossible entre un nombre + un texte (caractère 22)",
        "On ne peut pas comparer rien (null) et un nombre (caractère 28)",
    )


@pytest.mark.parametrize(
    ("source", "message", "position"),
    [
        ("a == 1", "un seul =", 2),
        ("a && b", "écrivez and", 2),
        ("a != 'x'", "guillemets droits", 5),
        ("${montant}", "sans ${…}", 0),
        ("a and", "s'arrête trop tôt", 5),
        ("(a", "fermer la parenthèse", 2),
        ("if a then b", "else", 11),
        ("string lenght(a)", "« string length »", 7),
        ("sumx(a)", "« sum »", 0),
        ("substring(a)", "substring(string, start position, length)", 0),
        ("substring(string: a, begin: 2)", "on écrit", 0),
        ("f(a: 1, 2)", "tous les arguments", 0),
        ("{a: 1, a: 2}", "deux fois", 7),
        ('@"demain"', "n'est pas une durée", 0),
        ('"ouvert', "pas fermé", 0),
        ("a instance of euro", "pas un type", 14),
        ("", "vide", 0),
        ("= ", "vide", 0),
        ("1 2", "devrait se terminer", 2),
        ("/* a", "pas fermé", 0),
        ("function(x) external {}", "externes", 12),
        ("1e99999", "trop grand", 0),
    ],
)
def test_refusals_are_explained_in_french(source, message, position):
    with pytest.raises(feel.SyntaxError_) as caught:
        feel.compile(source)
    assert message in caught.value.message
    assert caught.value.position == position
    assert str(caught.value).endswith(f"(caractère {position + 1})")


def test_no_way_into_python():
    assert value("s.__class__") is None
    assert value("n.real") is None
    assert value("abs.call") is None
    for source in ("__import__('os')", '__import__("os")', "s.upper()", "lambda: 1"):
        try:
            assert value(source) is None
        except feel.FeelError:
            continue


def test_data_that_are_not_plain_are_refused():
    with pytest.raises(feel.FeelRuntimeError, match="object"):
        value("x", x=object())
    assert value("x", x=float("nan")) is None
    assert value("x + 1", x=10**40) == Decimal(10) ** 40
    assert value("x[2]", x=(1, 2)) == 2


def test_one_expression_serves_many_evaluations():
    one = feel.compile("for i in 1..3 return i + n")
    assert feel.compile("for i in 1..3 return i + n") is one
    assert one.evaluate({"n": 1}) == [2, 3, 4]
    assert one.evaluate({"n": 10}) == [11, 12, 13]
    assert "1..3" in repr(one) and "> 3" in repr(feel.compile_unary("> 3"))


@pytest.mark.parametrize(
    ("source", "line", "column", "said"),
    [
        ("montant >\n  1000 && x", 2, 8, "(ligne 2, caractère 8)"),
        ("a +\n\n  foo(1)", 3, 3, "(ligne 3, caractère 3)"),
        ("{\n a: 1 +\n b: 2}", 3, 3, "(ligne 3, caractère 3)"),
        ("a &", 1, 3, "(caractère 3)"),
        ("\n = a &", 2, 6, "(ligne 2, caractère 6)"),
    ],
)
def test_errors_of_long_texts_say_the_line(source, line, column, said):
    for read in (feel.compile, feel.compile_unary):
        if source.lstrip().startswith("="):
            read = feel.compile  # noqa: PLW2901  a cell has no leading =
        with pytest.raises(feel.FeelSyntaxError) as caught:
            read(source)
        assert (caught.value.line, caught.value.column) == (line, column)
        assert str(caught.value).endswith(said)


def test_remarks_of_long_texts_say_the_line():
    notes = feel.compile("1 +\n  inconnu").diagnose({}).notes
    assert notes[0].endswith("(ligne 2, caractère 3)")


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_names_hold_apostrophes_and_operators(apostrophe):
    names = ("Nature de l'aide", "Coût HT/an", "Taux-plafond + 1")
    text = f'Nature de l{apostrophe}aide = "prêt" and Coût HT/an * 2 > Taux-plafond + 1'
    context = {"Nature de l'aide": "prêt", "Coût HT/an": 3, "Taux-plafond + 1": 5}
    assert feel.compile(text, names).evaluate(context) is True
    assert value(f"{{l{apostrophe}aide: 1, a+b: 2, r: l'aide + a+b}}.r") == 3
    assert value("{\"l'aide\": 1}.l'aide") == 1
