"""The typed answers of one submission: texts read one by one, rows and files moved.

Nothing here knows what is hidden: every question asked is read, and `forms.judging`
speaks only of what is visible.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forms import rules
from forms.characters import printable, unprintable
from forms.formats import FORMATS, MAX_LINE, Asked
from forms.model import (
    JSON,
    Field,
    FieldError,
    FileRef,
    Group,
    Node,
    Repeat,
    inside,
    part,
    rows,
)
from forms.numbers import Wrong
from forms.territories import Lookups

MAX_TYPED = 100_000
"""Characters of one answer that are read, and shown again."""
MAX_NAME, MAX_UNKNOWN = 200, 20
KEPT = "_kept:"
"""Before a question's name: which of the files kept elsewhere is to be joined to it."""

Texts = Mapping[str, Sequence[str]]
Files = Mapping[str, Sequence[FileRef]]


class Answers:
    """The typed answers of one submission."""

    def __init__(
        self,
        submitted: Texts,
        files: Files,
        known: Sequence[JSON],
        lookups: Lookups,
        misshapen: set[str],
    ) -> None:
        self.actions = [
            printable(name)
            for name in submitted
            if name.startswith("_") and not _mark(name)
        ]
        self.moved = defaultdict[str, int](int)
        self.deleted: set[str] = set()
        self.texts = {n: list(t) for n, t in submitted.items() if not _ours(n)}
        self.files = {n: list(f) for n, f in files.items() if f}
        self.kept = _references(known)
        self.lookups, self.misshapen = lookups, misshapen
        self.shown = "_shown" in submitted
        self.raw: dict[str, list[str]] = {}
        self.wrong: dict[str, str] = {}
        self.refused: dict[str, tuple[Field, list[FileRef]]] = {}
        self.asked: set[str] = set()
        self.seen: set[str] = set()
        self.full: set[str] = set()
        self.skipped: set[str] = set()
        self._act()
        self.indices = _indices([*self.texts, *self.files], submitted)

    def _act(self) -> None:
        for action in self.actions:
            verb, _, target = action.partition(":")
            name, _, last = target.rpartition(":")
            if verb == "_add" and target:
                self.moved[target] += 1
            elif verb == "_del" and name:
                self.deleted.add(f"{name}.{last}")
            elif verb == "_remove" and name in self.texts:
                self.texts[name] = [text for text in self.texts[name] if text != last] or [
                    ""
                ]

    def nodes(
        self,
        nodes: tuple[Node, ...],
        old: str,
        new: str,
        previous: JSON,
        into: dict[str, JSON],
    ) -> None:
        """Read the questions whose names start with `old`, and will start with `new`.

        The two differ below a deleted row: the following ones move up.
        """
        for node in nodes:
            match node:
                case Field():
                    self._field(node, old, new, previous, into)
                case Group():
                    within = into.setdefault(node.path, {}) if node.path else into
                    under = part(previous, node.path)
                    names = inside(node, old), inside(node, new)
                    self.nodes(node.nodes, *names, under, within)
                case Repeat():
                    self._repeat(node, old, new, previous, into)
                case _:
                    pass

    def _repeat(
        self, node: Repeat, old: str, new: str, previous: JSON, into: dict[str, JSON]
    ) -> None:
        name = old + node.path
        indices = self.indices.get(name)
        if indices is None and not self.moved[name]:
            return
        self.asked.add(new + node.path)
        earlier = rows(previous, node) or []
        found: list[JSON] = []
        for index in sorted(indices or ()):
            under = f"{name}.{index}"
            if under in self.deleted and node.open:
                self.skipped.add(under)
            elif len(found) < node.max_rows:
                row: dict[str, JSON] = {}
                before = earlier[index] if index < len(earlier) else {}
                names = f"{under}.", f"{new}{node.path}.{len(found)}."
                self.nodes(node.nodes, *names, before, row)
                found.append(row)
            else:
                self.full.add(new + node.path)
                self.skipped.add(under)
        if self.moved[name] and node.open:
            if len(found) < node.max_rows:
                found.append({})
            else:
                self.full.add(new + node.path)
        into[node.path] = found

    def _field(
        self, node: Field, old: str, new: str, previous: JSON, into: dict[str, JSON]
    ) -> None:
        name, kept = old + node.key, new + node.key
        self.seen.add(name)
        if node.readonly:
            self.asked.add(kept)
            known = previous if isinstance(previous, dict) else {}
            value = known.get(node.key, node.default)
            if value is not None:
                into[node.key] = value
            return
        texts = self.texts.get(name)
        if texts is None and name not in self.files:
            return
        self.asked.add(kept)
        answers = [text for text in texts or () if text.strip()]
        try:
            if name in self.misshapen:
                raise Wrong("la valeur reçue n’a pas la forme attendue")
            into[node.key] = self._answer(node, name, kept, answers)
        except Wrong as wrong:
            into[node.key] = node.blank
            self.wrong[kept] = str(wrong)
            self.raw[kept] = [printable(text[:MAX_TYPED]) for text in answers]

    def _answer(self, node: Field, name: str, kept: str, answers: list[str]) -> JSON:
        if any(len(text) > MAX_TYPED for text in answers):
            raise Wrong(f"écrivez {rules.length_limit(node)} caractères au plus")
        if node.is_file:
            return self._file_answer(node, name, kept, answers)
        if node.is_list:
            return self._choices(node, answers)
        if len(answers) > 1:
            raise Wrong("donnez une seule réponse")
        text = answers[0] if answers else ""
        if not text:
            return node.blank
        if node.kind in {"radio", "select"} and node.format != "pays":
            return self._choices(node, [text])[0]
        if len(text) > MAX_LINE and node.format not in {"text", "paragraph"}:
            raise Wrong("votre réponse est beaucoup trop longue")
        asked = Asked(node.decimals, node.properties.get("ebg:perimetre", ""), self.lookups)
        value = FORMATS[node.format].read(text, asked)
        return None if value == "" else value

    def _choices(self, node: Field, answers: list[str]) -> list[str]:
        known = {option.value for option in node.options}
        fixed = node.options_from is None
        if any(fixed and text not in known for text in answers):
            raise Wrong("choisissez parmi les réponses proposées")
        if any(unprintable(char) for text in answers for char in text):
            raise Wrong("choisissez parmi les réponses proposées")
        return list(dict.fromkeys(answers))

    def _file_answer(
        self, node: Field, name: str, kept: str, answers: list[str]
    ) -> list[dict[str, JSON]]:
        if any(digest not in self.kept for digest in answers):
            raise Wrong("un fichier n’est plus disponible, joignez-le de nouveau")
        held = [self.kept[digest] for digest in answers]
        fresh = [_reference(file) for file in self.files.get(name, ())]
        good = [file for file in fresh if not rules.refused_files(node, [file], "")]
        self.refused[kept] = (node, [file for file in fresh if file not in good])
        if good and not node.multiple:
            held = []
        return list({str(file["sha256"]): file for file in (*held, *good)}.values())

    def unknown(self) -> list[FieldError]:
        """An error for each name that is no question of what was asked."""
        strangers = sorted(
            name
            for name in {*self.texts, *self.files} - self.seen
            if not any(
                name[: dot.start()] in self.skipped for dot in re.finditer("[.]", name)
            )
        )
        return [stranger(name) for name in strangers[:MAX_UNKNOWN]]


def stranger(name: str) -> FieldError:
    """The error of a name that is no question of the form."""
    shown = printable(name[:MAX_NAME])
    sentence = (
        f"« {shown} » n’est pas une question de ce formulaire : "
        "rechargez la page, puis recommencez."
    )
    return FieldError(shown, shown, sentence)


def _ours(name: str) -> bool:
    return name.startswith(("_", "csrf"))


def _mark(name: str) -> bool:
    """Whether a name is only there for the reader: no button was pressed."""
    return name.startswith(("_rows:", KEPT)) or name == "_shown"


def _indices(names: Iterable[str], submitted: Texts) -> dict[str, set[int]]:
    """The rows present under each list: from `depenses.0.montant`, and `_rows:depenses`."""
    found: dict[str, set[int]] = {}
    for name in names:
        pieces = name.split(".") if len(name) <= MAX_NAME else []
        for at, piece in enumerate(pieces[1:], 1):
            if piece.isascii() and piece.isdigit() and len(piece) <= 4:  # noqa: PLR2004
                found.setdefault(".".join(pieces[:at]), set()).add(int(piece))
    for name, texts in submitted.items():
        verb, _, target = name.partition(":")
        count = texts[0] if verb == "_rows" and texts else ""
        if verb == "_rows" and count.isascii() and count.isdigit() and len(count) <= 4:  # noqa: PLR2004
            found.setdefault(target, set()).update(range(min(int(count), 1000)))
    return found


def _reference(file: Mapping[str, Any]) -> dict[str, JSON]:
    return {key: file.get(key) for key in ("sha256", "name", "media_type", "size")}


def _references(known: Sequence[JSON]) -> dict[str, dict[str, JSON]]:
    """Every file that known values already hold, by digest: nobody can name another."""
    found: dict[str, dict[str, JSON]] = {}
    waiting = list(known)
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            if isinstance(each.get("sha256"), str):
                found[each["sha256"]] = _reference(each)
            else:
                waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
    return found
