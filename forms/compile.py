"""A form-js file in, our typed model out; or every reason why not, in French."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import orjson

from forms import expressions, profile
from forms.components import Component
from forms.model import (
    MAX_ROWS,
    Computed,
    Field,
    Group,
    Node,
    Repeat,
    Separator,
    Text,
)
from forms.questions import field_of

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
HARD_ROWS = 200
RESERVED = frozenset({"case"})


@dataclass(frozen=True)
class Problem:
    """One reason to refuse a form: where (`components[1].components[0]`), and why."""

    path: str
    message: str


class FormRefused(Exception):
    """A form outside the profile; `problems` says everything that is wrong."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ; ".join(problem.message for problem in problems))
        self.problems = problems


def compile_nodes(
    source: bytes, *, shared: Mapping[str, bytes] | None = None
) -> tuple[str, tuple[Node, ...]]:
    """The id and the nodes of a form. Raises FormRefused.

    `shared` gives pieces by name, for groups with `ebg:shared`; those of `forms/common`
    are always there.
    """
    compiler = _Compiler(shared or {})
    form = compiler.load(source, "")
    nodes: tuple[Node, ...] = ()
    if form is not None:
        nodes = compiler.nodes(form.get("components"), "components", depth=1)
    if not nodes and not compiler.problems:
        compiler.refuse("components", "Le formulaire ne pose aucune question.")
    compiler.check_names(nodes)
    if form is None or compiler.problems:
        raise FormRefused(compiler.problems)
    return str(form.get("id") or ""), nodes


class _Compiler:
    """One compilation: collects every problem rather than stop at the first."""

    def __init__(self, shared: Mapping[str, bytes]) -> None:
        self.shared = shared
        self.problems: list[Problem] = []
        self.ids: set[str] = set()
        self.count = 0
        self.open: list[str] = []

    def refuse(self, path: str, message: str) -> None:
        if len(self.problems) < 100:  # noqa: PLR2004  enough for one day's work
            self.problems.append(Problem(path, message))

    def load(self, source: bytes, path: str) -> dict[str, Any] | None:
        if len(source) > profile.MAX_BYTES:
            limit = profile.MAX_BYTES // 1024
            self.refuse(path, f"Le formulaire est trop gros : {limit} ko au plus.")
            return None
        try:
            form = orjson.loads(source)
        except orjson.JSONDecodeError:
            self.refuse(
                path, "Le fichier n’est pas un formulaire form-js (JSON illisible)."
            )
            return None
        if not isinstance(form, dict) or form.get("type", "default") != "default":
            self.refuse(path, "Le fichier n’est pas un formulaire form-js.")
            return None
        for key in sorted(set(form) - profile.FORM_KEYS):
            self.refuse(path, f"La clé « {key} » du formulaire est inconnue : retirez-la.")
        version = form.get("schemaVersion", profile.SCHEMA_VERSION)
        if not isinstance(version, int) or not 1 <= version <= profile.SCHEMA_VERSION:
            self.refuse(
                path,
                f"La version de schéma « {version} » n’est pas connue : "
                f"{profile.SCHEMA_VERSION} au plus.",
            )
        return form

    def nodes(self, found: Any, path: str, *, depth: int) -> tuple[Node, ...]:
        if not isinstance(found, list):
            self.refuse(path, "La liste des composants manque.")
            return ()
        if depth > profile.MAX_DEPTH:
            self.refuse(
                path, f"Les groupes s’emboîtent trop : {profile.MAX_DEPTH} au plus."
            )
            return ()
        made = []
        for at, each in enumerate(found):
            self.count += 1
            if self.count > profile.MAX_COMPONENTS:
                most = profile.MAX_COMPONENTS
                self.refuse(path, f"Le formulaire a trop de composants : {most} au plus.")
                break
            node = self.node(each, f"{path}[{at}]", depth)
            if node is not None:
                made.append(node)
        return tuple(made)

    def node(self, found: Any, path: str, depth: int) -> Node | None:
        if not isinstance(found, dict):
            self.refuse(path, "Un composant n’a pas la forme attendue.")
            return None
        component = Component(found, path, self.refuse)
        if not component.known():
            return None
        made_id = self._id(found.get("id"))
        hide = component.hide()
        match found["type"]:
            case "text":
                return Text(made_id, component.markdown(), hide)
            case "separator":
                return Separator(made_id, hide)
            case "expression":
                return Computed(
                    made_id,
                    self._key(component, "key"),
                    component.expression("expression"),
                    component.format("text"),
                    component.properties.get("ebg:label", ""),
                    hide,
                )
            case "group":
                label = component.text("label", required=depth == 1)
                nodes = self._shared(component, depth) + self.nodes(
                    found.get("components", []), f"{path}.components", depth=depth + 1
                )
                where = self._key(component, "path") if found.get("path") else ""
                return Group(made_id, label, nodes, where, hide)
            case "dynamiclist":
                return self._repeat(component, made_id, hide, depth)
            case _:
                return field_of(component, made_id, self._key(component, "key"), hide)

    def _repeat(
        self, component: Component, made_id: str, hide: str | None, depth: int
    ) -> Repeat:
        source = component.source
        nodes = self.nodes(
            source.get("components", []), f"{component.path}.components", depth=depth + 1
        )
        least = component.whole_property("ebg:min_rows", 0, HARD_ROWS) or 0
        most = component.whole_property("ebg:max_rows", 1, HARD_ROWS) or max(
            MAX_ROWS, least
        )
        first = component.whole("defaultRepetitions", 0, most)
        if least > most:
            component.refuse("« ebg:min_rows » dépasse « ebg:max_rows ».")
        return Repeat(
            made_id,
            component.text("label", required=True),
            self._key(component, "path"),
            nodes,
            hide,
            first_rows=max(1 if first is None else first, least),
            min_rows=least,
            max_rows=most,
            open=component.flag("allowAddRemove", default=True),
        )

    def _shared(self, component: Component, depth: int) -> tuple[Node, ...]:
        name = component.properties.get("ebg:shared")
        if name is None:
            return ()
        source = self.shared.get(name) or common(name)
        if source is None or name in self.open:
            component.refuse(f"La pièce commune « {name} » n’existe pas, ou se contient.")
            return ()
        self.open.append(name)
        path = f"{component.path}.{name}"
        form = self.load(source, path)
        found = form.get("components") if form is not None else []
        nodes = self.nodes(found, f"{path}.components", depth=depth + 1)
        self.open.pop()
        return nodes

    def _id(self, given: Any) -> str:
        """The designer's id, when it is usable and new: it leads back to the editor."""
        named = isinstance(given, str) and re.fullmatch(
            r"[A-Za-z][\w-]{0,99}", given, re.ASCII
        )
        chosen = given if named and given not in self.ids else f"node{self.count}"
        while chosen in self.ids:
            chosen += "_"
        self.ids.add(chosen)
        return str(chosen)

    def _key(self, component: Component, which: str) -> str:
        key = component.source.get(which)
        if not isinstance(key, str) or not KEY.fullmatch(key):
            component.refuse(
                f"Donnez une clé à {component.called} : une lettre sans accent, puis des "
                "lettres, des chiffres ou « _ » (64 au plus), sans point ni espace."
            )
            return ""
        if key.lower().startswith("csrf"):
            component.refuse(f"La clé « {key} » est réservée à la plateforme : changez-la.")
        return key

    def check_names(self, nodes: tuple[Node, ...]) -> None:
        """Refuse two questions with one name, and names the process keeps for itself."""
        leaves: set[str] = set()
        boxes: set[str] = set()

        def walk(nodes: tuple[Node, ...], prefix: str) -> None:
            for node in nodes:
                match node:
                    case Field() | Computed():
                        name = prefix + node.key
                        if name in leaves or name in boxes:
                            self.refuse(
                                node.id, f"La clé « {name} » est utilisée deux fois."
                            )
                        leaves.add(name)
                    case Group(path=path) | Repeat(path=path):
                        name = prefix + path
                        twice = name in boxes and isinstance(node, Repeat)
                        if path and (name in leaves or twice):
                            self.refuse(
                                node.id, f"La clé « {name} » est utilisée deux fois."
                            )
                        if path:
                            boxes.add(name)
                        walk(node.nodes, f"{name}." if path else prefix)
                    case _:
                        continue
                if name in RESERVED:
                    self.refuse(
                        node.id, f"La clé « {name} » est réservée au dossier : changez-la."
                    )

        walk(nodes, "")


def common(name: str) -> bytes | None:
    """The source of a shared piece of `forms/common`, or None."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return None
    found = resources.files("forms") / "common" / f"{name}.form.json"
    return found.read_bytes() if found.is_file() else None


def common_names() -> list[str]:
    """The names of the pieces of `forms/common`."""
    folder = resources.files("forms") / "common"
    suffix = ".form.json"
    names = (found.name for found in folder.iterdir())
    return sorted(name.removesuffix(suffix) for name in names if name.endswith(suffix))


def read_names(nodes: tuple[Node, ...]) -> frozenset[str]:
    """The names that the form's expressions may read, wherever they come from."""
    sources, _given = _expressions(nodes)
    return frozenset().union(*map(expressions.all_names, sources))


def free_names(nodes: tuple[Node, ...]) -> frozenset[str]:
    """The names that the form's expressions read and no question of it gives."""
    sources, given = _expressions(nodes)
    return frozenset().union(*map(expressions.names, sources)) - given


def _expressions(nodes: tuple[Node, ...]) -> tuple[list[str], set[str]]:
    """Every FEEL text of a form, and every name it gives a value to."""
    sources = [node.hide for node in nodes if node.hide]
    given: set[str] = set()
    for node in nodes:
        match node:
            case Field():
                given.add(node.key)
                bounds = [node.minimum, node.maximum]
                sources += [each for each in (node.check, node.options_from) if each]
                sources += [each for each in bounds if each and each.startswith("=")]
            case Computed():
                given.add(node.key)
                sources.append(node.expression)
            case Text():
                sources += expressions.places(node.text)
            case Group() | Repeat():
                inner, names = _expressions(node.nodes)
                sources += inner
                given |= names | {node.path}
            case Separator():
                pass
    return sources, given
