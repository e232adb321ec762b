"""The territory's codes, as forms check and show them, read from the built assets."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from workflows.geography import load, load_areas

DATA = Path(__file__).parent / "data"
MOST_NAMESAKES = 20


@lru_cache(maxsize=1)
def lookups() -> Mapping[str, Callable[..., Any]]:
    """What `forms` asks: a code's name, the codes a name may mean, what is inside an area.

    Raises FileNotFoundError when the assets were not built.
    """
    communes = load(DATA / "communes.json")
    areas = load_areas(DATA / "territories.json")

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
