"""Read DMN files: their decisions, functions, services, and the files they import."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine import feel
from engine.decisions import parts, xml
from engine.decisions.boxed import Boxes
from engine.decisions.parts import Part
from engine.decisions.problems import Reading
from engine.decisions.tables import MatchedRule
from engine.decisions.typing import Types
from engine.feel import FeelLimitExceeded
from engine.feel.closures import build
from engine.feel.errors import FeelSyntaxError
from engine.feel.free import free_names
from engine.feel.limits import Run
from engine.feel.scope import Inputs, Scope

_KINDS = ("decision", "businessKnowledgeModel", "inputData", "decisionService")
_REQUIREMENTS = ("informationRequirement", "knowledgeRequirement")
_DMN = "DMN"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision's plain outputs, and the rules that gave them, required decisions first."""

    outputs: Any
    rules: tuple[MatchedRule, ...]


class Decision:
    """One compiled decision, with those it requires; immutable, shared between threads."""

    __slots__ = ("id", "name", "names", "part")

    def __init__(self, part: Part, name: str) -> None:
        self.id = part.id
        self.name = name
        self.names = parts.names_read(part, {})
        """The process variables it reads, itself or through what it requires."""
        self.part = part

    def evaluate(self, context: Mapping[str, Any]) -> Any:
        """The plain result on plain process data; null when no rule applies.

        Raises FeelRuntimeError when rules contradict the hit policy or the result is not
        plain, FeelLimitExceeded when it asks too much.
        """
        return feel.plain(self.value(context, Run()))

    def explain(self, context: Mapping[str, Any]) -> Explanation:
        """The same, with the rules that applied. Raises as `evaluate`."""
        run = Run(matched=[])
        outputs = feel.plain(self.value(context, run))
        return Explanation(outputs, tuple(run.matched or ()))

    def value(self, context: Mapping[str, Any], run: Run) -> Any:
        """The FEEL value. Raises as `evaluate`."""
        try:
            return parts.outcome(self.part, Scope(Inputs(context), None, run))
        except RecursionError:
            raise FeelLimitExceeded("Les décisions sont trop imbriquées.") from None


@dataclass
class _File:
    """One file as it is read: its types, its parts by id, and what it imports by name."""

    namespace: str
    names: set[str]
    types: Types
    parts: dict[str, Part]
    imported: dict[str, "_File"]


class Models:
    """Reads one file among others, each at most once."""

    def __init__(self, others: Collection[bytes]) -> None:
        self._others = others
        self._read: dict[str, _File | None] = {}
        self.problems: list[str] = []

    def decisions(self, root: xml.Element) -> dict[str, Decision]:
        """The decisions and services of a file, by id; faults go to `problems`."""
        file = self._file(root)
        made = {
            part.id: Decision(part, label)
            for part, label in _labelled(root, file)
            if part.kind in {"decision", "decisionService"}
        }
        if not made:
            self.problems.append("Fichier DMN : il ne contient aucune décision.")
        return made

    def _file(self, root: xml.Element) -> _File:
        imported = {
            one.get("name") or "": file
            for one in xml.children(root, "import")
            if (file := self._imported(one)) is not None
        }
        names = _all_names(root).union(*(one.names for one in imported.values()))
        reading = Reading(names)
        types = Types(root, {name: one.types for name, one in imported.items()}, reading)
        file = _File(root.get("namespace") or "", names, types, {}, imported)
        elements = list(xml.children(root, *_KINDS))
        for element in elements:
            part = _part(element)
            if part.id in file.parts:
                reading.refuse(
                    f"Décision « {xml.named(element)} »", "son identifiant sert déjà."
                )
            file.parts[part.id] = part
        for element in elements:
            _complete(element, file, reading)
        _refuse_loops(file, reading)
        self.problems += reading.problems
        return file

    def _imported(self, element: xml.Element) -> _File | None:
        """The file an import names; read now when it was not yet."""
        namespace, name = element.get("namespace") or "", element.get("name") or ""
        if _DMN not in (element.get("importType") or _DMN):
            self.problems.append(f"Import « {name} » : on n'importe que des fichiers DMN.")
            return None
        if namespace in self._read:
            if self._read[namespace] is None:
                self.problems.append(
                    f"Import « {name} » : des fichiers s'importent en rond."
                )
            return self._read[namespace]
        found = self._other(namespace)
        if found is None:
            self.problems.append(
                f"Import « {name} » : aucun fichier n'a pour espace de noms « {namespace} »."
            )
            return None
        self._read[namespace] = None
        self._read[namespace] = self._file(found)
        return self._read[namespace]

    def _other(self, namespace: str) -> xml.Element | None:
        for source in self._others:
            try:
                root = xml.read(source)
            except xml.NotXml:
                continue  # whoever reads it for itself will say why
            if root.get("namespace") == namespace:
                return root
        return None


def _all_names(root: xml.Element) -> set[str]:
    names = {one.get(key) for one in root.iter() for key in ("name", "iteratorVariable")}
    return {name for name in names if name}


def _labelled(root: xml.Element, file: _File) -> Iterable[tuple[Part, str]]:
    for element in xml.children(root, *_KINDS):
        yield file.parts[_id(element)], xml.named(element)


def _id(element: xml.Element) -> str:
    return element.get("id") or element.get("name") or "sans nom"


def _part(element: xml.Element) -> Part:
    variable = xml.child(element, "variable")
    name = (variable.get("name") if variable is not None else None) or element.get("name")
    return Part(_id(element), name or _id(element), xml.kind(element))


def _complete(element: xml.Element, file: _File, reading: Reading) -> None:
    """Give a part its type, its logic, and what it requires."""
    part = file.parts[_id(element)]
    declared = xml.type_of(xml.child(element, "variable"))
    if part.kind in {"decision", "inputData"}:
        part.fit = file.types.fit(declared)
    else:
        part.fit = file.types.result(declared)
    for link in xml.children(element, *_REQUIREMENTS):
        for target in xml.children(link):
            found = _target(target, element, file, reading)
            part.requires += [found] if found else []
    if part.kind == "decisionService":
        part.outputs = _targets(element, ("outputDecision",), file, reading)
        part.given = [
            *_targets(element, ("inputData",), file, reading),
            *_targets(element, ("inputDecision",), file, reading),
        ]
    elif part.kind != "inputData":
        _read_logic(part, element, file, reading)


def _targets(
    element: xml.Element, kinds: tuple[str, ...], file: _File, reading: Reading
) -> list[Part]:
    found = (_target(one, element, file, reading) for one in xml.children(element, *kinds))
    return [one[1] for one in found if one]


def _target(
    link: xml.Element, element: xml.Element, file: _File, reading: Reading
) -> tuple[str, Part] | None:
    """The part that a link names, and the prefix of the import it comes from."""
    namespace, _, key = (link.get("href") or "").rpartition("#")
    places = {"": file} if namespace in {"", file.namespace} else file.imported
    for prefix, one in places.items():
        if namespace in {"", one.namespace} and key in one.parts:
            return prefix, one.parts[key]
    reading.refuse(
        f"Décision « {xml.named(element)} »", f"elle requiert « {key} », absent."
    )
    return None


def _read_logic(part: Part, element: xml.Element, file: _File, reading: Reading) -> None:
    boxes = Boxes(part.id, xml.named(element), file.types, reading)
    if part.kind == "businessKnowledgeModel":
        logic = xml.child(element, "encapsulatedLogic")
        if logic is None:
            node = boxes.inside(element)
        else:
            node = boxes.function(logic, result=part.fit)
    elif _is_told(element):
        return
    else:
        node = boxes.inside(element)
    part.tables = tuple(boxes.tables)
    try:
        part.logic, part.names = build(node), free_names(node).certain
    except FeelSyntaxError as error:
        reading.refuse(boxes.where, str(error))
    except RecursionError:
        reading.refuse(boxes.where, "elle est trop imbriquée.")


def _is_told(element: xml.Element) -> bool:
    """Whether a service is given this decision's value, so that it may have no logic."""
    services = xml.children(element.getroottree().getroot(), "decisionService")
    told = (
        one.get("href") for each in services for one in xml.children(each, "inputDecision")
    )
    return f"#{element.get('id')}" in told and next(Boxes.logics(element), None) is None


def _refuse_loops(file: _File, reading: Reading) -> None:
    for circle in parts.loops(list(file.parts.values())):
        way = " → ".join(part.id for part in circle)
        reading.refuse(
            f"Décision « {circle[0].name} »", f"elle dépend d'elle-même ({way})."
        )
