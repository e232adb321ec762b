"""The State's door for acts (ACTES): messages, envelopes, and the ministry's gateway.

For whoever is a transmission service. Settings; without `ACTES_OUT` a sandbox answers:

    ACTES_OUT, ACTES_IN     the two exchange folders: what leaves, what comes
    ACTES_TRIGRAM           three capitals that the ministry gave the service (EBG)
    ACTES_APPLICATION       EACT, or TACT on the ministry's test platform (EACT)
    ACTES_REFERENT          "Name;telephone;e-mail" of whoever answers for what is sent
    ACTES_RETURN_TO         e-mail addresses, separated by blanks, to which the State may write
    ACTES_SANDBOX_SECONDS   how long the ministry of the sandbox takes (2)
    REFERENCE_DIR           where official schemas were imported, for the sandbox's checks

`<data>/actes` remembers what was sent, by key: all the machines that make remote calls share
it, as they share the two folders.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from connectors import StoredFile
from connectors.actes.composing import Sender
from connectors.actes.envelopes import Referent
from connectors.actes.gateway import Folders
from connectors.actes.port import Actes

__all__ = ["Actes", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes],
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Actes:
    """The ministry behind two folders, or the sandbox."""
    if out := settings.get("ACTES_OUT"):
        return Folders(
            out=Path(out),
            inbox=Path(settings.get("ACTES_IN") or ""),
            sent=data / "actes",
            sender=_sender(settings),
            documents=documents,
            store=store,
            mode="live",
        )
    from connectors.actes import sandbox  # a live platform does not load it

    folders = sandbox.folders(data)
    tick = partial(sandbox.tick, data, settings, clock)
    return Folders(
        out=folders.out,
        inbox=folders.inbox,
        sent=data / "actes",
        sender=_sender(
            {
                "ACTES_REFERENT": "Télétransmission;03 80 00 00 00;tdt@region.test",
                "ACTES_RETURN_TO": "tdt@region.test",
                **{name: value for name, value in settings.items() if value},
            }
        ),
        documents=documents,
        store=store,
        mode="sandbox",
        tick=(lambda: None) if settings.get("SANDBOX_URL") else tick,
    )


def _sender(settings: Mapping[str, str]) -> Sender:
    name, _, rest = (settings.get("ACTES_REFERENT") or "").partition(";")
    phone, _, email = rest.partition(";")
    return Sender(
        trigram=settings.get("ACTES_TRIGRAM") or "EBG",
        application=settings.get("ACTES_APPLICATION") or "EACT",
        referent=Referent(name.strip(), phone.strip(), email.strip()),
        return_to=tuple((settings.get("ACTES_RETURN_TO") or "").split()),
    )
