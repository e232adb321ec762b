"""Names of several words: which ones are known where the parser stands.

A name is known by its tokens, so `date and time`, `Montant HT` or `taux-plafond` are
read as one name when somebody declared them, and as an expression otherwise.
"""

from collections.abc import Iterable, Iterator

from engine.feel.errors import FeelSyntaxError
from engine.feel.tokens import Token, tokenize


class KnownNames:
    """The declared names of several tokens, longest first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Declare `name`; one that cannot be written in FEEL is never recognised."""
        try:
            words = tuple(token.text for token in tokenize(name)[:-1])
        except FeelSyntaxError:
            return
        if len(words) < 2 or not name[:1].isprintable():  # noqa: PLR2004  single words
            return
        known = self._by_first.setdefault(words[0], [])
        if (words, name) not in known:
            known.append((words, name))
            known.sort(key=lambda pair: -len(pair[0]))

    def __iter__(self) -> Iterator[str]:
        return (name for known in self._by_first.values() for _, name in known)

    def match(self, tokens: list[Token], place: int) -> tuple[str, int] | None:
        """The longest known name that starts at `place`, and its number of tokens."""
        for words, name in self._by_first.get(tokens[place].text, ()):
            length = len(words)
            if tuple(token.text for token in tokens[place : place + length]) == words:
                return name, length
        return None
