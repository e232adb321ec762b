"""Diagrams meant to stop a worker, and the sentence that each must get instead."""

from collections.abc import Callable

from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    document,
    element,
    end,
    exclusive,
    flow,
    parallel,
    process,
    script,
    start,
    throw,
    timer,
    user,
)


def simple(*more: str) -> bytes:
    return document(
        process(start(), user("u"), end(), chain("started", "u", "ended"), *more)
    )


BASE = start() + user("u") + end() + chain("started", "u", "ended")
SPLIT = (
    start(),
    parallel("g"),
    parallel("j"),
    end(),
    chain("started", "g"),
    chain("j", "ended"),
)


def many(number: int, write: Callable[[int], str]) -> str:
    return "".join(map(write, range(number)))


def written(*inside: str) -> bytes:
    return document(process(BASE, *inside))


HOSTILE = {
    "attributes": (
        written("<bpmn:task", many(100_000, lambda n: f" a{n}='1'"), "/>"),
        "plus de 200 attributs",
    ),
    "foreign attributes": (
        written("<bpmn:task", many(100_000, lambda n: f" camunda:a{n}='1'"), "/>"),
        "plus de 200 attributs",
    ),
    "a long id": (
        written(f'<bpmn:task id="{"x" * 1_000_000}"/>'),
        "dépasse 500 caractères",
    ),
    "a long value": (written(f'<bpmn:task default="{"x" * 30_000}"/>'), "dépasse 20000"),
    "digits": (
        written(f'<bpmn:task id="t" startQuantity="{"9" * 9_000}"/>'),
        "startQuantity",
    ),
    "more digits": (
        written(
            element(
                "task",
                "t",
                f'<bpmn:standardLoopCharacteristics loopMaximum="{"9" * 9_000}"/>',
            )
        ),
        "loopMaximum vaut",
    ),
    "lanes": (
        written(
            "<bpmn:laneSet>",
            many(10_000, lambda n: f"<bpmn:lane id='l{n}'/>"),
            "</bpmn:laneSet>",
        ),
        "découpez",
    ),
    "lanes inside lanes": (
        written("<bpmn:laneSet><bpmn:lane><bpmn:childLaneSet>" * 10_000),
        "niveaux",
    ),
    "tasks": (written(many(15_000, lambda n: f'<bpmn:task id="t{n}"/>')), "découpez"),
    "boundary events": (
        written(many(2_400, lambda n: boundary(f"b{n}", "u", timer("duration", "P1D")))),
        "s'arrête ici",
    ),
    "event definitions": (
        written(catch("c", '<bpmn:linkEventDefinition name="L"/>' * 30_000)),
        "découpez",
    ),
    "links": (
        written(
            many(2_400, lambda n: throw(f"t{n}", '<bpmn:linkEventDefinition name="L"/>'))
        ),
        "pas de lien d'arrivée",
    ),
    "event sub-processes": (
        written(
            many(4_900, lambda n: element("subProcess", f"e{n}", triggeredByEvent="true"))
        ),
        "un seul événement de début",
    ),
    "sub-processes inside sub-processes": (written("<bpmn:subProcess>" * 3_000), "niveaux"),
    "branches that write one name": (
        document(
            process(
                *SPLIT,
                many(1_200, lambda n: script(f"s{n}", "{b: 1}") + chain("g", f"s{n}", "j")),
            )
        ),
        "trop de branches parallèles",
    ),
    "one id": (written(element("task", "same") * 4_900), "sert plusieurs fois"),
    "gateway loops": (
        written(
            many(
                1_600,
                lambda n: (
                    exclusive(f"g{n}")
                    + flow(f"g{n}", f"g{(n + 1) % 1600}", "x > 1")
                    + flow(f"g{n}", f"g{(n - 1) % 1600}")
                ),
            )
        ),
        "autres remarques : corrigez",
    ),
    "message flows": (
        written("<bpmn:messageFlow/>" * 50_000),
        "« messageFlow » serait ignoré ici",
    ),
    "long conditions": (
        document(
            process(
                *SPLIT,
                exclusive("x"),
                many(4_000, lambda n: flow("x", "ended", "a + " * 250 + str(n))),
            )
        ),
        "les expressions dépassent 400000 caractères",
    ),
    "scripts that would run for hours": (
        written(
            many(
                500,
                lambda n: script(
                    f"s{n}", f"{{a: for i in 1..50000, j in 1..9999 return {n}}}"
                ),
            )
        ),
        "jamais atteint",
    ),
    "nothing but a drawing": (
        document("<bpmndi:BPMNDiagram><bpmndi:BPMNPlane/></bpmndi:BPMNDiagram>"),
        "aucun processus",
    ),
    "nulls": (simple()[:300] + b"\0" * 9 + simple()[300:], "XML lisible"),
    "an unknown encoding": (simple().replace(b"UTF-8", b"nope-1"), "XML lisible"),
    "bytes of no encoding": (simple()[:300] + b"\xff" + simple()[300:], "XML lisible"),
    "an inclusion": (
        written(
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
        ),
        "xi:include serait ignoré",
    ),
    "another language under our prefix": (
        written('<bpmn:task xmlns:bpmn="urn:other" id="t"/>'),
        "bpmn:task serait ignoré",
    ),
    "a comment in an id": (written('<bpmn:task id="u<!-- -->"/>'), "XML lisible"),
    "a bomb in the drawing": (
        b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        + simple().split(b"?>", 1)[1],
        "DOCTYPE",
    ),
    "more remarks than are read": (
        written(many(9_000, lambda n: f"<bpmn:f{n}/>")),
        "autres remarques : corrigez",
    ),
    "only warnings, and then": (
        written(
            "<bpmn:auditing/>" * 1,
            many(1_000, lambda n: f'<bpmn:property id="p{n}"/>'),
            "<bpmn:g/>",
        ),
        "« g » serait ignoré",
    ),
}
