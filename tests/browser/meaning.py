"""What a DMN file says, whatever the way it is written: for comparing before and after an editor."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from engine import decisions
from engine.decisions import Decision
from engine.decisions.parts import tables_below

DRAWN = ("DMNDI", "/DC/", "/DI/")
USUAL = {("hitPolicy", "UNIQUE"), ("isCollection", "false")}
SAID_ELSEWHERE = {"schemaLocation", "exporter", "exporterVersion"}


def of_tables(source: bytes) -> dict[str, Any]:
    """Each compiled decision: the names it reads, and its tables cell by cell."""
    compiled: Mapping[str, Decision] = decisions.compile(source)
    return {
        key: (
            decision.name,
            sorted(decision.names),
            [
                (
                    table.name, table.policy, table.aggregation,
                    [(i.label, i.expression.source, i.type, i.values.source)
                     for i in table.inputs],
                    [(o.name, o.label, o.default and o.default.source, o.values, o.type)
                     for o in table.outputs],
                    [(r.description, r.annotations, [c.source for c in r.conditions],
                      [c.source for c in r.conclusions]) for r in table.rules],
                )
                for table in tables_below(decision.part)
            ],
        )
        for key, decision in compiled.items()
    }  # fmt: skip


def of_text(source: bytes) -> Any:
    """The whole of its model: kinds, attributes and texts, without what is drawn."""
    parser = etree.XMLParser(remove_comments=True, remove_pis=True)
    return _said(etree.fromstring(source, parser))


def _said(element: Any) -> Any:
    attributes = {
        etree.QName(name).localname: value
        for name, value in element.attrib.items()
        if value
        and (etree.QName(name).localname, value) not in USUAL
        and etree.QName(name).localname not in SAID_ELSEWHERE
    }
    inside: dict[str, list[Any]] = {}
    for child in element:
        name = etree.QName(child)
        if not any(mark in (name.namespace or "") + "/" for mark in DRAWN):
            inside.setdefault(name.localname, []).append(_said(child))
    text = (element.text or "").strip() if not inside else ""
    return attributes, text, inside
