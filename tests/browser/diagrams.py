"""Diagrams by the hundred, good and bad: those of the engine's tests, and the grant's with a word
changed, each once and always the same.
"""

import random
from collections.abc import Iterator

from lxml import etree

from tests.conftest import ROOT
from tests.engine.spiff import test_foreign, test_lint, test_table
from tests.engine.spiff.drawing import document, process
from tests.engine.spiff.everything import EVERYTHING
from tests.engine.spiff.pieces import KINDS, Pieces
from tests.workflows.parapheur import test_circuits
from workflows.parapheur.circuits import write

GRANT = (ROOT / "workflows/grants/investment_aid/process.bpmn").read_bytes()
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MUTATIONS = 60


def every(key: str) -> Iterator[tuple[str, bytes]]:
    """All of them by name, their process bearing this key."""
    yield "grant", _keyed(GRANT, "grants.investment_aid", key)
    yield "everything", _keyed(EVERYTHING, "p", key)
    yield "nothing", document(process(key=key))
    yield "circuit", write(key, "Circuit", test_circuits.EVERYTHING)
    for name, content in test_foreign.FILES.items():
        yield f"foreign {name}", content
    refused = {name: case[0] for name, case in test_lint.REFUSED.items()}
    for name, content in {**test_table.ALSO_REFUSED, **refused}.items():
        yield f"refused {name}", _keyed(content, "p", key)
    for place, kind in enumerate(KINDS):
        pieces = Pieces(random.Random(place))
        drawn = pieces.around_piece(pieces.piece(2, kind))
        yield f"piece {kind}", _keyed(drawn, "p", key)
    for seed in range(MUTATIONS):
        yield f"mutation {seed}", _keyed(_mutated(seed), "grants.investment_aid", key)


def _keyed(content: bytes, old: str, key: str) -> bytes:
    for attribute in ("id", "processRef", "bpmnElement"):
        content = content.replace(
            f'{attribute}="{old}"'.encode(), f'{attribute}="{key}"'.encode()
        )
    return content


def _mutated(seed: int) -> bytes:
    """The grant with an attribute lost or changed, an element lost, or a text changed."""
    choose = random.Random(seed)
    root = etree.fromstring(GRANT)
    elements = [
        one
        for one in root.iter(f"{BPMN}*")
        if one.getparent() is not None and one.get("id")
    ]
    for _ in range(choose.choice((1, 1, 2, 3))):
        one = choose.choice(elements)
        how = choose.choice(("lose", "name", "text", "attribute", "default"))
        others = [name for name in one.attrib if name not in ("id", "processRef")]
        if how == "lose" and not one.tag.endswith(
            ("process", "participant", "collaboration")
        ):
            if one.getparent() is not None:
                one.getparent().remove(one)
        elif how == "text":
            texts = [child for child in one.iter() if (child.text or "").strip()]
            if texts:
                choose.choice(texts).text = choose.choice(("a +", "montant > 3", "${a}"))
        elif how == "attribute" and others:
            del one.attrib[choose.choice(others)]
        elif how == "default":
            one.set("default", "nowhere")
        else:
            one.set("name", "Pas changé")
    return bytes(etree.tostring(root))
