"""Two versions of a decision file: columns, rules cell by cell, and whatever else it holds."""

from collections.abc import Iterator
from typing import Any

from engine.decisions import xml
from engine.spiff.reading import local
from workflows.comparing.changes import Change, Thing, differences, unique
from workflows.comparing.trees import facts, in_namespace

KINDS = {
    "definitions": "Fichier", "decision": "Décision", "input": "Colonne d’entrée",
    "output": "Colonne de résultat", "annotation": "Colonne de notes", "rule": "Règle",
    "inputData": "Donnée", "businessKnowledgeModel": "Fonction", "decisionService": "Service",
    "itemDefinition": "Type", "import": "Fichier importé", "knowledgeSource": "Source",
}  # fmt: skip
WORDS = {
    "name": "nom", "text": "texte", "parameter": "paramètre", "question": "question", "hitPolicy": "règles retenues",
    "aggregation": "calcul", "decisionTable": "table", "inputExpression": "expression",
    "inputValues": "valeurs possibles", "outputValues": "valeurs possibles", "label": "titre",
    "typeRef": "type", "description": "note", "literalExpression": "expression",
    "informationRequirement": "utilise", "knowledgeRequirement": "utilise",
    "allowedAnswers": "réponses possibles", "defaultOutputEntry": "résultat par défaut",
}  # fmt: skip
_CELLS = ("inputEntry", "outputEntry", "annotationEntry")
_COLUMNS = ("input", "output", "annotation")
_DI = ("DMNDI", "DMN/20180521/D", "biodi", "http://bpmn.io/schema")


def compare_tables(before: bytes, after: bytes) -> list[Change]:
    """What changed in a decision file. Raises NotXml for one that cannot be read."""
    return differences(list(_things(xml.read(before))), list(_things(xml.read(after))))


def _things(root: Any) -> Iterator[Thing]:
    yield _thing(root, _drawn(root))
    for element in root.iter():
        if element is root or not _is_thing(element) or _of_di(element):
            continue
        if local(element) != "rule" and local(element) not in _COLUMNS:
            yield _thing(element)
        if local(element) in {"decision", "businessKnowledgeModel"}:
            for table in element.iter():
                if isinstance(table.tag, str) and local(table) == "decisionTable":
                    yield from _table(table, _title(element))


def _thing(element: Any, drawn: str = "") -> Thing:
    said = facts(element, _is_thing, WORDS, _HIDDEN)
    kind = KINDS.get(local(element), local(element))
    return Thing(_key(element), kind, _title(element), unique(said), drawn)


def _table(table: Any, title: str) -> Iterator[Thing]:
    """The columns of a table, then its rules, whose cells go by the titles of the columns."""
    columns = {tag: [e for e in table if local(e) == tag] for tag in _COLUMNS}
    for tag, found in columns.items():
        for column in found:
            name = f"{title}, « {_title(column)} »"
            said = unique(facts(column, _is_thing, WORDS, _HIDDEN))
            yield Thing(_key(column), KINDS[tag], name, said, in_order=_key(table) + tag)
    rules = (e for e in table if local(e) == "rule")
    for number, rule in enumerate(rules, 1):
        yield Thing(
            _key(rule), KINDS["rule"], f"{title}, règle {number}",
            unique(_cells(rule, columns)), in_order=_key(table),
        )  # fmt: skip


def _cells(rule: Any, columns: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    for cell_tag, column_tag in zip(_CELLS, _COLUMNS, strict=True):
        titles = [_title(column) for column in columns[column_tag]]
        for place, cell in enumerate(e for e in rule if local(e) == cell_tag):
            label = titles[place] if place < len(titles) else f"colonne {place + 1}"
            yield label, xml.text(cell)
            for name, value in cell.attrib.items():
                if name != "id":  # a cell is called by its rule and its column
                    yield f"{label} : {WORDS.get(name, name)}", value
    yield from facts(rule, _of_di, WORDS, _HIDDEN)


_HIDDEN = frozenset(_CELLS)


def _is_thing(element: Any) -> bool:
    return not isinstance(element.tag, str) or _of_di(element) or local(element) in KINDS


def _of_di(element: Any) -> bool:
    return isinstance(element.tag, str) and in_namespace(element, *_DI)


def _drawn(root: Any) -> str:
    """How the file is drawn, as one text."""
    return repr([(e.tag, sorted(e.attrib.items())) for e in root.iter() if _of_di(e)])


def _key(element: Any) -> str:
    """Its id; else its place, which is all that names it."""
    if element.get("id"):
        return str(element.get("id"))
    parent = element.getparent()
    return local(element) if parent is None else f"{_key(parent)}/{parent.index(element)}"


def _title(element: Any) -> str:
    return str(
        element.get("label") or element.get("name") or element.get("id") or local(element)
    )
