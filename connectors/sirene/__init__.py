"""The public directory of companies, asked while somebody types a SIRET.

Settings: `SIRENE_URL`, e.g. https://recherche-entreprises.api.gouv.fr (open to all, 7 calls
a second); `SIRENE_CONTACT`, how its keepers may reach us; `SIRENE_TIMEOUT` in seconds (3).
Without the first, a sandbox that knows the fictitious companies of `companies.csv`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from connectors import sandboxes
from connectors.sirene.port import Company, Sirene
from connectors.sirene.recherche_entreprises import RechercheEntreprises

__all__ = ["Company", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
) -> Sirene:
    """The configured directory, or the sandbox."""
    contact = settings.get("SIRENE_CONTACT") or "aucun contact"
    agent = f"e-bourgogne/1.0 ({contact})"
    options: dict[str, Any] = {
        "timeout": float(settings.get("SIRENE_TIMEOUT") or 3),
        "headers": {"User-Agent": agent.encode("ascii", "replace").decode()},
    }
    if url := settings.get("SIRENE_URL"):
        http = httpx.Client(base_url=url, **options)
        return RechercheEntreprises(http, clock, "live")
    from connectors.sirene import sandbox  # a live platform does not load it

    wire = partial(sandbox.application, data, settings, clock)
    http = sandboxes.client(settings, "sirene", wire, **options)
    return RechercheEntreprises(http, clock, "sandbox")
