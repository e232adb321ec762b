"""Hands closed cases over to the archive service (SAE) as SEDA transfers.

Settings, all optional; without `ASALAE_URL` a sandbox answers:

    ASALAE_URL                 the address of as@lae's restservices
    ASALAE_USER, ASALAE_PASSWORD
    ASALAE_CA_FILE             certificates to trust instead of the system's
    ASALAE_TIMEOUT             seconds without a byte (60)
    SEDA_ARCHIVAL_AGENCY       identifiers known to the service: who keeps,
    SEDA_TRANSFERRING_AGENCY   who transfers,
    SEDA_AGREEMENT             under which agreement,
    SEDA_PROFILE               in which archival profile
    SEDA_APPRAISAL_RULE        code of a retention rule, {years} standing for its duration (P{years}Y)
    SEDA_VERSION               2.1, 2.2 or 2.3 (2.2)
    SEDA_CONTAINER             tar.gz: the files alone; zip: the files and the manifest (tar.gz)
    SEDA_FILE_REFERENCE        uri or attachment (uri): how an object names its file
    REFERENCE_DIR              where official schemas were imported; without them, no official check

`<data>/archiving` keeps the frozen packages: all the machines that make remote calls share it.
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx

from connectors import Misconfigured, StoredFile, sandboxes
from connectors.archiving.asalae import Asalae, sha256_password
from connectors.archiving.port import Archiving
from connectors.archiving.seda import Dialect, Parties

__all__ = ["Archiving", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Archiving:
    """The configured as@lae, or the sandbox. `store(bytes, name, media type)` keeps documents."""
    references = settings.get("REFERENCE_DIR")
    shared: dict[str, Any] = {
        "dialect": _dialect(settings),
        "folder": data / "archiving",
        "clock": clock,
        "documents": documents or _no_document,
        "store": store,
        "reference_dir": Path(references) if references else None,
    }
    if url := settings.get("ASALAE_URL"):
        return Asalae(
            http=_live(url, settings), mode="live", parties=_parties(settings), **shared
        )
    from connectors.archiving import sandbox  # a live platform does not load it

    credentials = (sandbox.USER, sha256_password(sandbox.PASSWORD))
    return Asalae(
        http=sandboxes.client(
            settings,
            "archiving",
            lambda: sandbox.application(data, settings, clock),
            auth=credentials,
            timeout=float(settings.get("ASALAE_TIMEOUT") or 60),
        ),
        mode="sandbox",
        parties=_parties(
            {
                "SEDA_ARCHIVAL_AGENCY": "ARCHIVES-DEPARTEMENTALES-ESSAI",
                "SEDA_TRANSFERRING_AGENCY": "E-BOURGOGNE",
                "SEDA_AGREEMENT": "ACCORD-ESSAI",
                **{name: value for name, value in settings.items() if value},
            }
        ),
        soonest=timedelta(seconds=2),
        lookup_patience=timedelta(seconds=30),
        **shared,
    )


def _live(url: str, settings: Mapping[str, str]) -> httpx.Client:
    password = sha256_password(settings.get("ASALAE_PASSWORD") or "")
    authority = settings.get("ASALAE_CA_FILE")
    return httpx.Client(
        base_url=url,
        auth=(settings.get("ASALAE_USER") or "", password),
        timeout=httpx.Timeout(float(settings.get("ASALAE_TIMEOUT") or 60), connect=10),
        verify=ssl.create_default_context(cafile=authority or None),
    )


def _parties(settings: Mapping[str, str]) -> Parties:
    return Parties(
        archival_agency=settings.get("SEDA_ARCHIVAL_AGENCY") or "",
        transferring_agency=settings.get("SEDA_TRANSFERRING_AGENCY") or "",
        agreement=settings.get("SEDA_AGREEMENT") or "",
        profile=settings.get("SEDA_PROFILE") or "",
        appraisal_rule=settings.get("SEDA_APPRAISAL_RULE") or "P{years}Y",
    )


def _dialect(settings: Mapping[str, str]) -> Dialect:
    """as@lae wants the manifest beside the files, so only a zip carries it inside."""
    container = _one_of(settings, "SEDA_CONTAINER", "container", "tar.gz")
    return Dialect(
        version=_one_of(settings, "SEDA_VERSION", "version", "2.2"),
        container=container,
        manifest_inside=container == "zip",
        reference=_one_of(settings, "SEDA_FILE_REFERENCE", "reference", "uri"),
    )


def _one_of(settings: Mapping[str, str], name: str, field: str, default: str) -> Any:
    value = settings.get(name) or default
    allowed = get_args(get_type_hints(Dialect)[field])
    if value not in allowed:
        raise Misconfigured(
            f"Le réglage {name} vaut « {value} » ; valeurs admises : {', '.join(allowed)}."
        )
    return value


def _no_document(sha256: str) -> bytes:
    raise LookupError(sha256)
