"""What must be said to try a decision: the data it reads, by the names people know."""

from engine import decisions
from engine.decisions import Need
from tests.engine.dmn import dmn, table


def asked(*parts: str, key: str = "essai") -> dict[str, Need]:
    found = decisions.needs(decisions.compile(dmn(*parts))[key])
    return {one.path: one for one in found}


def test_a_column_asks_for_the_path_it_looks_at() -> None:
    found = asked(
        table("> 1 | - => montant * taux", inputs=("demande.montant", "date(recu)"))
    )
    assert set(found) == {"demande.montant", "recu", "montant", "taux"}


def test_what_another_decision_gives_is_not_asked() -> None:
    first = table('"a" => 1', inputs=("nature",), outputs=("rang",), key="rang")
    second = table("1 => 2", inputs=("rang",), key="essai", requires=("rang",))
    assert set(asked(first, second)) == {"nature"}


def test_trying_with_what_is_asked_is_enough() -> None:
    compiled = decisions.compile(dmn(table("> 10 => 1\n<= 10 => 2")))
    (need,) = decisions.needs(compiled["essai"])
    assert decisions.evaluate(compiled, "essai", {need.path: 11}) == 1
