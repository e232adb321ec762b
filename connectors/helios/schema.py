"""The official schema's objections, said in French with their line, element and cure."""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from lxml import etree

from connectors import references

ALLER_SCHEMA = "PES_V2/Rev0/PES_Aller.xsd"
ACKNOWLEDGEMENT_SCHEMA = "PES_V2/Rev0/PES_V2_Acquit_Autonome_V2.xsd"

_SAID: list[tuple[str, Callable[[re.Match[str]], str]]] = [
    (r"The value '(.*)' is not accepted by the pattern '(.*)'\.",
     lambda m: f"la valeur « {m[1]} » n’a pas la forme attendue ({m[2]})"),
    (r"The value '(.*)' is not an element of the set \{(.*)\}\.",
     lambda m: f"la valeur « {m[1]} » n’est pas admise ; mettez l’une de : {m[2][:200]}"),
    (r"The value has a length of '(\d+)'; this exceeds the allowed maximum length of '(\d+)'\.",
     lambda m: f"{m[1]} caractères ; {m[2]} au plus, raccourcissez"),
    (r"The value has a length of '(\d+)'; this underruns the allowed minimum length of '(\d+)'\.",
     lambda m: f"{m[1]} caractères ; {m[2]} au moins, complétez"),
    (r"'(.*)' is not a valid value of the (?:local )?atomic type.*",
     lambda m: f"la valeur « {m[1]} » n’est pas admise"),
    (r"The attribute '(.*)' is required but missing\.",
     lambda m: f"l’attribut {m[1]} manque"),
    (r"The attribute '(.*)' is not allowed\.",
     lambda m: f"l’attribut {m[1]} n’est pas admis, retirez-le"),
    (r"This element is not expected\. Expected is (?:one of )?\( (.*) \)\.",
     lambda m: f"élément inattendu à cette place ; il faut : {m[1]}"),
    (r"This element is not expected\.",
     lambda _: "élément inattendu à cette place, retirez-le"),
    (r"Missing child element\(s\)\. Expected is (?:one of )?\( (.*) \)\.",
     lambda m: f"il manque : {m[1]}"),
    (r"The value '(.*)' is (?:less|greater) than the (?:minimum|maximum) value allowed \('(.*)'\)\.",
     lambda m: f"la valeur « {m[1]} » passe la borne admise ({m[2]})"),
    (r"The value '(.*)' must be (?:greater|less) than '(.*)'\.",
     lambda m: f"la valeur « {m[1]} » passe la borne admise ({m[2]})"),
    (r"The value '(.*)' has more (?:fractional )?digits than are allowed \('(.*)'\)\.",
     lambda m: f"la valeur « {m[1]} » a trop de chiffres ({m[2]} au plus)"),
]  # fmt: skip
_SUBJECT = re.compile(
    r"Element '(?:\{[^}]*\})?([^']*)'(?:, attribute '([^']*)')?: (.*)", re.DOTALL
)
_FACET = re.compile(r"\[facet '\w+'\] ")


def objections(
    root: etree._Element, found: Path | None, name: str, limit: int
) -> tuple[bool, list[tuple[int, str, str]]]:
    """Whether the schema could be asked, and what it objects: (line, element, sentence)."""
    schema = references.schema(found, name)
    if schema is None:
        return False, []
    schema.validate(root)
    return True, list(islice(_objections(schema), limit))


def _objections(schema: etree.XMLSchema) -> Iterator[tuple[int, str, str]]:
    seen: set[tuple[int, str]] = set()
    log: Any = schema.error_log
    for error in log:
        matched = _SUBJECT.match(error.message)
        element, said = (matched[1], matched[3]) if matched else ("", error.message)
        # One wrong value is told once: the type's own complaint repeats the facet's.
        if (error.line, element) not in seen:
            seen.add((error.line, element))
            yield error.line, element, _french(_FACET.sub("", said))


def _french(said: str) -> str:
    said = re.sub(r"\{http[^}]*\}", "", said)
    for pattern, sentence in _SAID:
        if matched := re.fullmatch(pattern, said, re.DOTALL):
            return sentence(matched)
    return said.rstrip(".")
