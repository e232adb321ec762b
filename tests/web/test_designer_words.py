"""What the editors' scripts say is known to those who translate, and nothing else is."""

import re
from collections.abc import Iterator

import orjson

from tests.conftest import ROOT
from web.designer.phrases import SENTENCES

SCRIPTS = ROOT / "web/assets/designer"
_SAID = re.compile(r'\bt\(\s*("(?:[^"\\]|\\.)*")')
_NAMED = re.compile(r'(?:\blabel|\bhelp|^  "?[\w ]+"?): ("(?:[^"\\]|\\.)*")', re.MULTILINE)


def said() -> Iterator[str]:
    for script in sorted(SCRIPTS.rglob("*.js")):
        text = script.read_text()
        if "bpmn" in script.parts or script.name == "french.js":
            continue
        yield from (orjson.loads(found) for found in _SAID.findall(text))


def named() -> Iterator[str]:
    """What is said from a table: the names of components and of their settings."""
    for found in _NAMED.findall((SCRIPTS / "form/words.js").read_text()):
        yield orjson.loads(found)


def test_scripts_say_what_translators_know() -> None:
    spoken = {*said(), *named()}
    assert len(spoken) > 150, "the scripts were read"
    assert not spoken - set(SENTENCES), "add it to web/designer/phrases.py"


def test_translators_are_given_nothing_that_is_no_longer_said() -> None:
    scripts = "".join(
        script.read_text().replace('\\"', '"') for script in SCRIPTS.rglob("*.js")
    )
    assert [one for one in SENTENCES if one not in scripts] == []
