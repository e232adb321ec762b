"""Decision tables in DMN: compiled once, applied to process data, and able to say why.

A DMN file holds decisions: tables with any hit policy, or FEEL expressions, that may
require one another, and those of files it imports. Figures of the law are rows of tables, with the dates between which
they hold and, as annotations, the article they come from: `explain` returns these too.
"""

from collections.abc import Collection, Mapping
from typing import Any

from engine.decisions import xml
from engine.decisions.model import Decision, Explanation, Models
from engine.decisions.needs import Need, needs
from engine.decisions.problems import DecisionRefused
from engine.decisions.review import Remark, review
from engine.decisions.tables import MatchedRule
from engine.feel import FeelRuntimeError

__all__ = [
    "Decision",
    "DecisionRefused",
    "Explanation",
    "MatchedRule",
    "Need",
    "Remark",
    "compile",
    "evaluate",
    "explain",
    "needs",
    "review",
]


def compile(  # noqa: A001  this is what it does
    source: bytes, others: Collection[bytes] = ()
) -> dict[str, Decision]:
    """The decisions and decision services of a DMN file, by id.

    `others` are the files it may import, found by their namespace. Raises DecisionRefused with a French sentence for each fault, naming the table, the
    rule and the column.
    """
    try:
        models = Models(others)
        found = models.decisions(xml.read(source))
    except xml.NotXml as reason:
        raise DecisionRefused([str(reason)]) from None
    except RecursionError:
        raise DecisionRefused(["Les décisions sont trop imbriquées."]) from None
    if models.problems:
        raise DecisionRefused(models.problems)
    return found


def evaluate(
    compiled: Mapping[str, Decision], decision: str, context: Mapping[str, Any]
) -> Any:
    """The plain outputs of `decision` (its id): a value, a dict of outputs, or a list.

    Raises FeelRuntimeError (unknown decision, rules that contradict the hit policy) and
    FeelLimitExceeded.
    """
    return _find(compiled, decision).evaluate(context)


def explain(
    compiled: Mapping[str, Decision], decision: str, context: Mapping[str, Any]
) -> Explanation:
    """The same outputs, with the rules that applied and their annotations."""
    return _find(compiled, decision).explain(context)


def _find(compiled: Mapping[str, Decision], decision: str) -> Decision:
    found = compiled.get(decision)
    if found is None:
        raise FeelRuntimeError(f"La décision « {decision} » n'existe pas.")
    return found
