"""Names of several words: which ones are known where the parser stands.

A name is known by its tokens, so `date and time`, `Montant HT` or `taux-plafond` are
read as one name when somebody declared them, and as an expression otherwise.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Self

from engine.feel.errors import FeelSyntaxError
from engine.feel.tokens import Token, tokenize

_MOST_WORDS = 30  # a longer name is never recognised


class KnownNames:
    """Declared names of several tokens, beside those of `wider`."""

    def __init__(self, names: Iterable[str] = (), wider: Self | None = None) -> None:
        self._wider = wider
        self._names: dict[tuple[str, ...], str] = {}
        self._lengths: dict[str, list[int]] = {}  # by first word, longest first
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Declare `name`; one that cannot be written in FEEL is never recognised."""
        try:
            words = tuple(token.text for token in tokenize(name)[:-1])
        except FeelSyntaxError:
            return
        if not 1 < len(words) <= _MOST_WORDS or not name[:1].isprintable():
            return
        self._names.setdefault(words, name)
        lengths = self._lengths.setdefault(words[0], [])
        if len(words) not in lengths:
            lengths.append(len(words))
            lengths.sort(reverse=True)

    def __iter__(self) -> Iterator[str]:
        yield from self._names.values()
        yield from self._wider or ()

    def match(self, tokens: list[Token], place: int) -> tuple[str, int] | None:
        """The longest known name that starts at `place`, and its number of tokens."""
        found = self._wider.match(tokens, place) if self._wider else None
        for length in self._lengths.get(tokens[place].text, ()):
            if found is not None and found[1] >= length:
                break
            words = tuple(token.text for token in tokens[place : place + length])
            if words in self._names:
                return self._names[words], length
        return found


@lru_cache(maxsize=32)
def known(names: frozenset[str]) -> KnownNames:
    """The names declared for many expressions at once: read once, and not to be added to."""
    return KnownNames(names)
