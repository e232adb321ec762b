"""The grid of accessibility follows the pages: each criterion, each template, nothing else."""

import csv
import re
from functools import cache

from tests.conftest import ROOT

TEMPLATES = ROOT / "web/templates"
CRITERIA = dict(enumerate((9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12), start=1))
"""How many criteria each theme of RGAA 4.1.2 has: 106 in all."""

_EXTENDS = re.compile(r'{% extends "([^"]+)"')
_EXPLAINED = re.compile(
    r"^\| (\d+\.\d+) \| ([^|]*) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE
)


@cache
def grid() -> dict[str, dict[str, str]]:
    """The cells of a criterion by its number, as the file writes them."""
    with (ROOT / "docs/rgaa/grid.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, restkey="beyond", restval=""))
    assert len({row["critère"] for row in rows}) == len(rows), "each once"
    return {row["critère"]: row for row in rows}


def columns() -> list[str]:
    _number, _theme, _title, *templates = next(iter(grid().values()))
    return templates


def pages() -> list[str]:
    """The templates that are whole pages, and are not the frame of others."""
    texts = {
        str(file.relative_to(TEMPLATES)): file.read_text(encoding="utf-8")
        for file in TEMPLATES.rglob("*.html")
    }
    frames = {
        name: found[1] for name, text in texts.items() if (found := _EXTENDS.search(text))
    }

    def whole(name: str) -> bool:
        return whole(frames[name]) if name in frames else "<!doctype html>" in texts[name]

    return sorted(name for name in texts if whole(name) and name not in frames.values())


def not_conform() -> set[tuple[str, str]]:
    return {
        (number, template)
        for number, cells in grid().items()
        for template in columns()
        if cells[template] == "NC"
    }


def test_the_grid_has_every_criterion_in_order() -> None:
    asked = [f"{theme}.{n}" for theme, most in CRITERIA.items() for n in range(1, most + 1)]
    assert len(asked) == 106
    assert list(grid()) == asked
    assert all(row["thème"] and row["titre"] for row in grid().values())


def test_the_grid_has_a_column_for_every_page_and_no_other() -> None:
    assert columns() == pages()


def test_a_cell_is_conform_or_not_or_does_not_apply() -> None:
    wrong = {
        (number, template, cells[template])
        for number, cells in grid().items()
        for template in columns()
        if cells[template] not in {"C", "NC", "NA"}
    }
    assert not wrong
    assert not any("beyond" in cells for cells in grid().values())


def test_what_is_not_conform_is_explained_and_nothing_else_is() -> None:
    text = (ROOT / "docs/rgaa.md").read_text(encoding="utf-8")
    explained = {
        (number, template)
        for number, templates, _wrong, _cure in _EXPLAINED.findall(text)
        for template in re.findall(r"`([^`]+)`", templates)
    }
    assert explained == not_conform()


def test_the_statement_names_every_theme_that_fails() -> None:
    """What the public reads is not better than the grid."""
    statement = (TEMPLATES / "pages/accessibility.html").read_text(encoding="utf-8")
    told = set(re.findall(r"\b\d+\.\d+\b", statement))
    assert {number for number, _template in not_conform()} <= told
    assert "non conforme" in statement


def test_there_is_nothing_to_hear_or_watch() -> None:
    """Why the whole theme of multimedia does not apply."""
    media = re.compile(r"<(audio|video|object|embed|marquee|blink)\b")
    assert not [f for f in TEMPLATES.rglob("*.html") if media.search(f.read_text("utf-8"))]
    assert {
        cells[template]
        for number, cells in grid().items()
        if number.startswith("4.")
        for template in columns()
    } == {"NA"}
