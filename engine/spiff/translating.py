"""Another tool's diagram, in our dialect where it is certain, with a report of everything.

    made = translate(content, "grants.aid", operations={…}, forms={…})
    made.content        standard BPMN, without anything that this engine would ignore
    made.report         what was translated, what was lost and what to do, element by element

Nothing goes without being said. What cannot be translated surely is taken out (extensions)
or left as it was written (expressions, scripts), so that publication refuses it until
somebody has written it again.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.spiff import foreign, juel
from engine.spiff.dialect import MAX_ELEMENTS
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.foreign_element import Around
from engine.spiff.foreign_words import WORDS
from engine.spiff.kinds import EVENTS, NODES
from engine.spiff.naming_rules import only_drawn
from engine.spiff.notation import BPMN, SPIFF, name_of
from engine.spiff.reading import local, namespace, parse
from engine.spiff.vocabulary import EXPRESSIONS

_FILE = "process.bpmn"
_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_OURS = {BPMN, SPIFF, *foreign.DRAWN_SPACES, ""}
_REFERENCES = ("processRef", "bpmnElement", "calledElement")


@dataclass(frozen=True)
class Line:
    """One thing that a report says of one element (of the whole file when it has no id)."""

    element_id: str
    element_name: str
    text: str


@dataclass
class Report:
    """What a designer reads before keeping the diagram. `kept` counts elements by kind."""

    tool: str = ""
    kept: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    translated: list[Line] = field(default_factory=list)
    lost: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Translated:
    """A diagram in our dialect, and what became of the one that was brought."""

    content: bytes
    report: Report


def translate(
    content: bytes, key: str, *, operations: Collection[str], forms: Collection[str]
) -> Translated:
    """The diagram for the procedure `key`. Raises DiagramRefused for what is no BPMN, or too big."""
    root = parse(_FILE, content)
    if root.tag != f"{{{BPMN}}}definitions":
        said = (
            f"ce fichier n'est pas du BPMN 2.0 : il commence par « {local(root)[:100]} »."
        )
        raise DiagramRefused([Problem(_FILE, None, None, said)])
    elements = [one for one in root.iter(f"{{{BPMN}}}*") if local(one) in NODES]
    if len(elements) > MAX_ELEMENTS:
        said = (
            f"ce diagramme compte {len(elements)} étapes : {MAX_ELEMENTS} au plus, découpez-le "
            "en plusieurs processus qui s'appellent."
        )
        raise DiagramRefused([Problem(_FILE, None, None, said)])
    return _Translation(root, key, operations, forms).made()


class _Translation:
    """One pass over a file, and its report."""

    def __init__(
        self, root: Any, key: str, operations: Collection[str], forms: Collection[str]
    ) -> None:
        self.root, self.key = root, key
        self.operations, self.forms = operations, forms
        self.report = Report(tool=_tool(root))

    def made(self) -> Translated:
        self._name_the_process()
        for element in list(self.root.iter(f"{{{BPMN}}}*")):
            self._of(element)
        self._note_the_drawing()
        for kind, number in Counter(
            local(one) for one in self.root.iter(f"{{{BPMN}}}*") if local(one) in NODES
        ).items():
            self.report.kept[kind] = number
        etree.cleanup_namespaces(
            self.root,
            top_nsmap={"spiffworkflow": SPIFF},
            keep_ns_prefixes=[p for p, uri in self.root.nsmap.items() if p and uri == BPMN],
        )
        content = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")
        return Translated(content + b"\n", self.report)

    def _name_the_process(self) -> None:
        """The procedure's process takes its key; several pools are each told apart."""
        processes = list(self.root.iterchildren(f"{{{BPMN}}}process"))
        if not processes:
            said = "ce diagramme ne contient aucun processus."
            raise DiagramRefused([Problem(_FILE, None, None, said)])
        main = _main(processes, self.key)
        old = main.get("id")
        if old != self.key:
            main.set("id", self.key)
            for one in self.root.iter():
                for name in _REFERENCES:
                    if old and one.get(name) == old:
                        one.set(name, self.key)
            self._translated(main, f"identifiant « {old} » : devenu « {self.key} »")
        if main.get("isExecutable") != "true":
            main.set("isExecutable", "true")
            self._translated(main, "processus seulement dessiné : devenu exécutable")
        for other in processes:
            if other is main:
                continue
            drawn = only_drawn(other, self.key)
            said = (
                "autre piscine, seulement dessinée : elle est gardée comme dessin"
                if drawn
                else "autre piscine exécutable : elle ne part que si un message ou un signal la "
                'démarre, ou si une étape l\'appelle ; sinon dites isExecutable="false"'
            )
            self.report.notes.append(f"« {name_of(other) or other.get('id')} » : {said}.")

    def _of(self, element: Any) -> None:
        """Translate what other tools wrote on an element, or take it out and say so."""
        if local(element) == "extensionElements":
            return
        around = Around(element, self.operations, self.forms, self._translated, self._lost)
        for name, value in list(element.attrib.items()):
            space, _, own = name[1:].partition("}") if name[0] == "{" else ("", "", name)
            if space not in _OURS:
                del element.attrib[name]
                self._word(around, space, own, value, None)
        for holder in list(element.iterchildren(f"{{{BPMN}}}extensionElements")):
            for child in list(holder):
                if namespace(child) not in _OURS:
                    holder.remove(child)
                    self._word(around, namespace(child), local(child), "", child)
            if not len(holder):
                element.remove(holder)
        for child in list(element):
            if namespace(child) not in _OURS:
                element.remove(child)
                self._word(around, namespace(child), local(child), "", child)
        around.settle()
        if local(element) in EXPRESSIONS:
            self._expression(element)
        elif (
            local(element) == "scriptTask" and element.find(f"{{{BPMN}}}script") is not None
        ):
            self._script(element)

    def _word(self, around: Around, space: str, name: str, value: str, child: Any) -> None:
        if space in foreign.NOTES:
            self._note(
                f"Les notes de {foreign.NOTES[space]} sont ôtées : elles ne changent rien."
            )
        elif name in WORDS:
            WORDS[name](around, name, value, child)
        else:
            self._lost(around.element, f"{name} : {foreign.cure(name)}")

    def _expression(self, element: Any) -> None:
        text = (element.text or "").strip()
        if not text or ("${" not in text and "#{" not in text):
            return
        owner = element.getparent()
        owner = owner.getparent() if owner.get("id") is None else owner
        found = juel.in_feel(text)
        if found is None:
            said = (
                f"« {text[:120]} » n'est pas traduite avec certitude : récrivez-la en FEEL"
            )
            self._lost(owner, said)
            return
        element.text = found
        self._translated(owner, f"« {text[:120]} » : devenu « {found[:120]} »")

    def _script(self, element: Any) -> None:
        form = element.get("scriptFormat") or ""
        if form.lower() in {"", "feel", "application/feel"}:
            return
        said = f"script {form[:60]} : récrivez-le en un contexte FEEL, ou en une opération"
        self._lost(element, said)

    def _note_the_drawing(self) -> None:
        shapes = {one.get("bpmnElement") for one in self.root.iter(f"{{{_DI}}}BPMNShape")}
        bare = sum(
            one.get("id") not in shapes
            for one in self.root.iter(f"{{{BPMN}}}*")
            if local(one) in NODES
        )
        if bare:
            self._note(
                f"{bare} étapes n'ont pas de place sur le dessin : l'éditeur les placera."
            )

    def _note(self, text: str) -> None:
        if text not in self.report.notes:
            self.report.notes.append(text)

    def _translated(self, element: Any, text: str) -> None:
        self.report.translated.append(_line(element, text))

    def _lost(self, element: Any, text: str) -> None:
        line = _line(element, text)
        if line not in self.report.lost:
            self.report.lost.append(line)


def _line(element: Any, text: str) -> Line:
    """About the nearest thing that a designer sees: an event rather than its definition."""
    while _is_inside(element) and element.getparent() is not None:
        element = element.getparent()
    return Line(element.get("id") or "", name_of(element) or "", text)


def _is_inside(element: Any) -> bool:
    return element.get("id") is None or local(element).endswith(
        ("EventDefinition", "LoopCharacteristics")
    )


def _main(processes: list[Any], key: str) -> Any:
    """The folder's process: the one that bears its key, else the first that runs."""
    named = [one for one in processes if one.get("id") == key]
    runs = [one for one in processes if one.get("isExecutable") == "true"]
    full = [one for one in processes if any(local(child) in EVENTS for child in one)]
    return [*named, *runs, *full, *processes][0]


def _tool(root: Any) -> str:
    version = root.get("exporterVersion") or ""
    return f"{root.get('exporter') or ''} {version}".strip()[:100]
