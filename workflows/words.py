"""French words as a search understands them: without accents, plurals or endings.

`stems` is deliberately light: it must bring « investissements » and « investir »
together, not parse French. The same function reads the sheets and the questions, so
a rule that is linguistically wrong is still consistent.
"""

import re
from functools import lru_cache

from engine.words import fold, words

__all__ = ["fold", "slug", "stems", "words"]

_NOISE = re.compile(r"<[^>]*>|\]\([^)\s]*\)|https?://\S+|&[a-z]+;")
_LONGEST = 40
_SHORT = 3  # letters; so short a word is its own stem

# What people type around their need; « aide » stands on every sheet and tells nothing.
_EMPTY = frozenset(
    """a ai aide aider ainsi alors au aucun aussi autre aux avec avoir besoin besoins bonjour
    car ce cela celle celui ces cet cette ceux chaque cherche cherchons comme comment dans de
    depuis des donc dont du elle elles en entre est et etc etre eux faire fait il ils je la
    laquelle le lequel les lesquelles lesquels leur leurs lors lui ma mais me meme mes moi
    moins mon ne ni nos notre nous obtenir on ont ou par pas peut peuvent plus pour pouvoir
    qu quand que quel quelle quelles quels qui quoi sa sans se ses si sinon soit son sont
    souhaite souhaitons sous sur ta te tes toi ton tous tout toute toutes tres tu un une
    vers veut veux vos votre voudrais voulons vous y""".split()  # noqa: SIM905  read as a text
)

# Endings taken off, the longest first, with the fewest letters that must stay.
_ENDINGS = (
    ("issement", 4), ("isation", 4), ("issage", 4), ("etique", 4), ("atrice", 3),
    ("ateur", 3), ("ation", 3), ("ition", 4), ("ement", 4), ("erie", 4), ("iere", 4),
    ("ique", 4), ("iser", 4), ("euse", 4), ("ante", 4), ("ance", 4), ("ier", 4), ("iel", 4),
    ("eur", 4), ("ant", 4), ("age", 4), ("ite", 4), ("ive", 4), ("ial", 4), ("ale", 4),
    ("at", 5), ("al", 4), ("if", 4), ("ie", 4), ("ee", 3), ("er", 3), ("ez", 3), ("ir", 4),
    ("e", 3), ("i", 4),
)  # fmt: skip


def stems(text: str) -> list[str]:
    """The distinct stems of `text` that carry meaning, in order; mark-up left out."""
    meaning = (w for w in words(_NOISE.sub(" ", text)) if len(w) > 1 and w not in _EMPTY)
    found = dict.fromkeys(_stem(w)[:_LONGEST] for w in meaning)
    return [stem for stem in found if stem not in _EMPTY]


def slug(text: str, *, longest: int = 80) -> str:
    """`text` as it may stand in an address: folded words joined by hyphens."""
    return "-".join(words(text))[:longest].strip("-")


@lru_cache(maxsize=100_000)  # the words of a language come back
def _stem(word: str) -> str:
    word = _singular(word)
    for ending, rest in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= rest:
            word = word.removesuffix(ending)
            break
    # « hôtellerie » and « développement » double what « hôtel » and « développer » may not.
    return word[:-1] if len(word) > _SHORT + 1 and word[-1] == word[-2] else word


def _singular(word: str) -> str:
    if word == "travaux":
        return "travail"
    if len(word) <= _SHORT or word.isdigit():
        return word
    if word.endswith("aux") and not word.endswith("eaux"):
        return word[:-2] + "l"
    return word[:-1] if word[-1] in "sx" and not word.endswith("ss") else word
