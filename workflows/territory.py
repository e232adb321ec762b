"""The territory's codes, as forms check and show them, read from the built assets."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workflows.geography import load, load_areas

MOST_NAMESAKES = 20

_folder: list[Path] = []


def use(folder: Path) -> None:
    """Say where the built communes.json and territories.json are."""
    _folder[:] = [folder]
    _read.cache_clear()


def lookups() -> Mapping[str, Callable[..., Any]]:
    """What `forms` asks: a code's name, the codes a name may mean, what is inside an area.

    Empty where the lists were not built: codes are then accepted and shown as they are.
    """
    return _read(_folder[0]) if _folder else {}


@lru_cache(maxsize=1)
def _read(folder: Path) -> Mapping[str, Callable[..., Any]]:
    if not (folder / "communes.json").exists():
        return {}
    communes = load(folder / "communes.json")
    areas = load_areas(folder / "territories.json")

    def commune(code: str) -> str | None:
        found = communes.find(code)
        return found.name if found else None

    def named(name: str) -> list[tuple[str, str]]:
        exact = communes.resolve(name)
        found = [exact] if exact else communes.search(name, limit=MOST_NAMESAKES)
        return [(one.code, one.label) for one in found]

    def within(area: str, code: str) -> bool:
        found = communes.find(code)
        wanted = {area, f"REG-{area}", f"DEP-{area}", f"EPCI-{area}"}
        return found is not None and bool(wanted & found.areas)

    return {
        "commune": commune,
        "commune_named": named,
        "departement": lambda code: areas.get(f"DEP-{code}"),
        "region": lambda code: areas.get(f"REG-{code}"),
        "epci": lambda code: areas.get(f"EPCI-{code}"),
        "within": within,
    }
