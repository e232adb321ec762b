"""What the documentation names exists: files, links, commands, settings."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from web.app import create_app
from web.config import Settings

OURS = ("connectors", "docs", "engine", "forms", "tests", "web", "workflows")
PAGES = sorted(
    page
    for folder in (ROOT, *(ROOT / name for name in OURS))
    for page in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
    if "node_modules" not in page.parts
)
_CODE = re.compile(r"```.*?\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_NAMED = re.compile(r"[\w.<>*-]+(/[\w.<>*-]+)*/?")
_KINDS = {".py", ".md", ".mjs", ".css", ".js", ".sh", ".dmn", ".bpmn", ".toml", ".csv"}
_SETTING = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)`")
_READ = re.compile(
    r"(?:settings|given|\(settings or \{\}\))\.get\(\s*\"([A-Z][A-Z0-9_]+)\""
)


def code(page: Path) -> Iterator[str]:
    for block, word in _CODE.findall(page.read_text()):
        yield block or word


def named(text: str) -> bool:
    """Whether it is the name of a file of ours, `<…>` and `*` standing for anything."""
    if not _NAMED.fullmatch(text) or text.startswith("."):
        return False
    return (
        text.split("/", maxsplit=1)[0] in OURS
        if "/" in text
        else Path(text).suffix in _KINDS
    )


def exists(text: str) -> bool:
    name = re.sub(r"<[^>]*>", "*", text)
    if "/" in name:
        return any(True for _ in ROOT.glob(name.rstrip("/")))
    return any(True for room in OURS for _ in (ROOT / room).rglob(name))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    links = (link.split("#")[0] for link in _LINK.findall(page.read_text()))
    gone = [
        link
        for link in links
        if link and ":" not in link and not (page.parent / link).exists()
    ]
    gone += [text for text in code(page) if named(text) and not exists(text)]
    assert not gone


def test_the_commands_that_pages_name_exist(tmp_path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    scripts = json.loads((ROOT / "package.json").read_text())["scripts"]
    commands = create_app({"EBG_DATA": str(tmp_path)}).cli.commands
    known = {
        r"\bmake ([a-z]+)": targets.__contains__,
        r"\bnpm run ([a-z]+)": scripts.__contains__,
        r"\bflask (?:--app [\w.]+ )?([a-z][a-z-]+)": commands.__contains__,
        r"\bpython -m ([\w.]+)": importlib.util.find_spec,
        r"\bgunicorn ([\w.]+):app": importlib.util.find_spec,
    }
    gone = [
        (page.name, name)
        for page in PAGES
        for text in code(page)
        for pattern, found in known.items()
        for name in re.findall(pattern, text)
        if not found(name)
    ]
    assert not gone


def test_the_readme_lists_the_settings_that_are_read() -> None:
    table = (ROOT / "README.md").read_text().split("## Run it for real")[1]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in _SETTING.findall(row)}
    ours = {str(one.alias) for one in Settings.model_fields.values() if one.alias}
    assert not ours - listed, "tell it in README.md"
    assert not listed - ours - partners_settings(), "nothing reads it"
    said = (ROOT / "web/config.py").read_text().split('"""')[1]
    assert all(name in said for name in ours)


def test_each_setting_of_a_partner_is_told_where_it_is_looked_for() -> None:
    rooms = (ROOT / "connectors").rglob("__init__.py")
    told = [*(room.read_text().split('"""')[1] for room in rooms)]
    told += [page.read_text() for page in PAGES]
    assert partners_settings()
    assert not {name for name in partners_settings() if name not in " ".join(told)}


def partners_settings() -> set[str]:
    return {
        name
        for source in (ROOT / "connectors").rglob("*.py")
        for name in _READ.findall(source.read_text())
    }
