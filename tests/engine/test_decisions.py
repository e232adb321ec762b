"""Decision tables: hit policies, dependencies, dated rows of law, refusals that say where."""

import pytest

from engine import decisions, feel
from tests.engine.dmn import dmn, literal, table


def result(source, context, key="essai"):
    return decisions.evaluate(decisions.compile(dmn(source)), key, context)


OVERLAP = """
    > 10  => "a"
    > 100 => "b"
    > 5   => "a"
"""


@pytest.mark.parametrize(
    ("policy", "extra", "montant", "expected"),
    [
        ("FIRST", "", 200, "a"),
        ("ANY", "", 50, "a"),
        ("RULE ORDER", "", 200, ["a", "b", "a"]),
        ("COLLECT", "", 200, ["a", "b", "a"]),
        ("COLLECT", 'aggregation="COUNT"', 200, 3),
        ("COLLECT", 'aggregation="MAX"', 200, "b"),
        ("COLLECT", 'aggregation="MIN"', 200, "a"),
        ("COLLECT", "", 1, None),
        ("UNIQUE", "", 7, "a"),
        ("UNIQUE", "", 1, None),
        ("UNIQUE", "", None, None),
        ("UNIQUE", "", "texte", None),
    ],
)
def test_hit_policies(policy, extra, montant, expected):
    got = result(table(OVERLAP, policy=policy, extra=extra), {"montant": montant})
    assert got == expected


def test_collected_amounts_are_summed_exactly():
    source = table(
        "- => 0.1\n- => 0.2\n- => montant", policy="COLLECT", extra='aggregation="SUM"'
    )
    assert result(source, {"montant": 0.3}) == 0.6
    assert result(source, {"montant": None}) is None


@pytest.mark.parametrize(
    ("policy", "expected"), [("PRIORITY", "b"), ("OUTPUT ORDER", ["b", "a", "a"])]
)
def test_priorities_are_those_of_the_allowed_values(policy, expected):
    source = table(OVERLAP, policy=policy, values=('"b"', '"a"'))
    assert result(source, {"montant": 200}) == expected


def test_unique_tells_which_rules_overlap():
    with pytest.raises(
        feel.FeelRuntimeError, match=r"« Table d'essai » : les règles 1, 2, 3"
    ):
        result(table(OVERLAP), {"montant": 200})
    with pytest.raises(feel.FeelRuntimeError, match="résultats différents"):
        result(table(OVERLAP, policy="ANY"), {"montant": 200})


def test_several_outputs_make_a_context_and_a_default_fills_in():
    source = table(
        '[0..1000] | "a", "b" => montant * 2 | true',
        inputs=("montant", "nature"),
        outputs=("double", "ok"),
        default="0",
    )
    assert result(source, {"montant": 500, "nature": "b"}) == {"double": 1000, "ok": True}
    assert result(source, {"montant": 500, "nature": "c"}) == {"double": 0, "ok": 0}


LAW = table(
    """
    [date("2014-01-01")..date("2023-12-31")] => 200000 # Règlement 1407/2013, art. 3
    [date("2024-01-01")..date("2030-12-31")] => 300000 # Règlement 2023/2831, art. 3 | de minimis
    """,
    inputs=("date(decision_date)",),
    annotations=("article", "régime"),
    key="ceiling",
    name="Plafond de minimis",
)


def test_the_law_is_the_row_of_its_date_and_says_its_article():
    compiled = decisions.compile(dmn(LAW))
    assert (
        decisions.evaluate(compiled, "ceiling", {"decision_date": "2023-12-31"}) == 200000
    )
    assert decisions.evaluate(compiled, "ceiling", {"decision_date": "1999-01-01"}) is None
    told = decisions.explain(compiled, "ceiling", {"decision_date": "2026-11-21"})
    assert told.outputs == 300000
    (rule,) = told.rules
    assert (rule.decision, rule.table, rule.rule_id, rule.number) == (
        "ceiling",
        "Plafond de minimis",
        "r2",
        2,
    )
    assert rule.annotations == {
        "article": "Règlement 2023/2831, art. 3",
        "régime": "de minimis",
    }
    assert rule.annotation == "Règlement 2023/2831, art. 3 — de minimis"
    assert rule.outputs == 300000
    assert compiled["ceiling"].explain({"decision_date": "1999-01-01"}).rules == ()


def test_a_column_declared_as_a_date_reads_iso_texts():
    source = table('>= date("2026-01-01") => "neuf"', inputs=("depot",), types=("date",))
    assert result(source, {"depot": "2026-11-21"}) == "neuf"
    assert result(source, {"depot": "2025-11-21"}) is None
    assert result(source, {"depot": "hier"}) is None


SIZE = table(
    '< 10 | <= 2000000 => "micro"\n< 250 | - => "pme"\n- | - => "grande"',
    inputs=("effectif", "chiffre_affaires"),
    policy="FIRST",
    key="size_class",
    name="Taille de l'entreprise",
)
RATE = table(
    '"micro" => 0.3\n"pme" => 0.2\n"grande" => 0',
    inputs=("size_class",),
    key="rate",
    name="Taux maximal",
    requires=("size_class",),
)
AID = literal("aid", "decimal(Taux maximal * montant, 2)", requires=("rate",))


def test_decisions_require_one_another_by_id_or_by_name():
    compiled = decisions.compile(dmn(AID, SIZE, RATE))
    context = {"effectif": 5, "chiffre_affaires": 1e6, "montant": 1000.1, "size_class": "?"}
    assert decisions.evaluate(compiled, "aid", context) == 300.03
    assert decisions.evaluate(compiled, "size_class", context) == "micro"
    told = decisions.explain(compiled, "aid", context)
    assert [(rule.decision, rule.outputs) for rule in told.rules] == [
        ("size_class", "micro"),
        ("rate", 0.3),
    ]
    assert compiled["aid"].names == {"effectif", "chiffre_affaires", "montant"}
    assert compiled["size_class"].names == {"effectif", "chiffre_affaires"}
    assert compiled["size_class"].name == "Taille de l'entreprise"
    with pytest.raises(feel.FeelRuntimeError, match="« nope »"):
        decisions.evaluate(compiled, "nope", context)


def test_a_decision_does_not_see_those_it_does_not_require():
    compiled = decisions.compile(dmn(literal("a", "1"), literal("b", "a")))
    assert decisions.evaluate(compiled, "b", {}) is None


def test_a_required_decision_is_computed_once():
    chain = [literal("d0", "1")]
    chain += [
        literal(f"d{n}", f"d{n - 1} + d{n - 1}", requires=(f"d{n - 1}", f"d{n - 1}"))
        for n in range(1, 31)
    ]
    assert decisions.evaluate(decisions.compile(dmn(*chain)), "d30", {}) == 2**30


def test_functions_and_boxed_expressions():
    double = (
        '<businessKnowledgeModel id="f" name="double"><encapsulatedLogic>'
        '<formalParameter name="x" typeRef="number"/><literalExpression><text>x * 2</text>'
        "</literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    boxed = (
        '<decision id="d" name="d"><knowledgeRequirement><requiredKnowledge href="#f"/>'
        "</knowledgeRequirement><context>"
        '<contextEntry><variable name="a"/><literalExpression><text>double(n)</text>'
        "</literalExpression></contextEntry>"
        "<contextEntry><invocation><literalExpression><text>double</text></literalExpression>"
        '<binding><parameter name="x"/><literalExpression><text>a</text></literalExpression>'
        "</binding></invocation></contextEntry></context></decision>"
    )
    compiled = decisions.compile(dmn(double, boxed))
    assert decisions.evaluate(compiled, "d", {"n": 3}) == 12
    assert compiled["d"].names == {"n"}


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"", "pas du XML correct"),
        (b"<a/>", "élément definitions"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><definitions>&x;</definitions>', "DOCTYPE"),
        (dmn(), "aucune décision"),
        (
            dmn(table("> => 1")),
            "Table « Table d'essai », règle 1, colonne « montant » : « > »",
        ),
        (dmn(table("> 1 => 1 +")), "règle 1, colonne « resultat » : « 1 + » ne se lit pas"),
        (dmn(table("- => 1\n- | - => 1")), "règle 2 : 2 conditions pour 1 colonne(s)"),
        (dmn(table("- => 1", inputs=("a +",))), "colonne 1 (« a + »)"),
        (dmn(table("- => 1", policy="BEST")), "la politique « BEST » n'existe pas"),
        (dmn(table("- => 1", policy="PRIORITY")), "la liste des valeurs"),
        (dmn(table("- => 1 | 2", outputs=("a", "a"))), "des noms différents"),
        (dmn(table("- => truc(1)")), "La fonction « truc » n'existe pas"),
        (dmn(literal("a", "1", requires=("b",))), "requiert « b », absent"),
        (dmn(literal("a", "b", ("b",)), literal("b", "a", ("a",))), "a → b → a"),
        (dmn(literal("a", "")), "son expression est vide"),
        (dmn('<decision id="a" name="A"/>'), "« A » : elle n'a ni table ni expression"),
        (dmn(literal("a", "1"), literal("a", "2")), "identifiant sert déjà"),
        (
            dmn(
                table("- => 1").replace(
                    "<inputEntry>", '<inputEntry expressionLanguage="juel">'
                )
            ),
            "en FEEL, pas en « juel »",
        ),
    ],
)
def test_refusals_name_the_place(source, problem):
    with pytest.raises(decisions.DecisionRefused) as caught:
        decisions.compile(source)
    assert any(problem in one for one in caught.value.problems), caught.value.problems


def test_all_problems_are_told_at_once():
    with pytest.raises(decisions.DecisionRefused) as caught:
        decisions.compile(dmn(table("> => 1 +\n- => (")))
    assert len(caught.value.problems) == 3


def test_no_file_and_no_network_is_ever_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for body in (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><definitions>&x;</definitions>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><definitions/>',
    ):
        with pytest.raises(decisions.DecisionRefused):
            decisions.compile(body.encode())


def test_a_table_too_long_to_apply_stops():
    rows = "\n".join(f"> {n} => {n}" for n in range(500))
    heavy = literal("h", "count(for i in 1..100000 return f)", requires=("essai",))
    compiled = decisions.compile(dmn(table(rows, policy="COLLECT"), heavy))
    assert len(decisions.evaluate(compiled, "essai", {"montant": 10**6})) == 500
    with pytest.raises(feel.FeelLimitExceeded):
        decisions.evaluate(compiled, "h", {"montant": 1})
