"""The ministry's side of the two folders, and a page from which the prefect writes.

`/` lists the acts received, with a button for each kind of letter.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from connectors import references, sandboxes
from connectors.actes.ministry import KINDS, TABLES, Ministry
from connectors.memory import memory
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_READ = ".lus"


@dataclass(frozen=True)
class Exchange:
    """The two folders, as the service names them."""

    out: Path
    inbox: Path


def folders(data: Path) -> Exchange:
    """The sandbox's two folders, made where they are missing."""
    found = Exchange(
        data / "sandboxes" / "actes" / "out", data / "sandboxes" / "actes" / "in"
    )
    found.out.mkdir(parents=True, exist_ok=True)
    found.inbox.mkdir(parents=True, exist_ok=True)
    return found


def ministry(data: Path, settings: Settings, clock: Clock) -> Ministry:
    """The ministry, with what it remembers; it answers after `ACTES_SANDBOX_SECONDS` (2)."""
    patience = timedelta(seconds=float(settings.get("ACTES_SANDBOX_SECONDS") or 2))
    schema = references.schema(references.folder(settings, data), "actesv1_1.xsd")
    return Ministry(memory(data, "actes"), clock, patience, schema)


def tick(data: Path, settings: Settings, clock: Clock) -> None:
    """Read what was put in one folder, put in the other what is due."""
    exchange, there = folders(data), ministry(data, settings, clock)
    for path in sorted(exchange.out.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        with suppress(FileNotFoundError):
            there.receive(path.name, path.read_bytes())
        (exchange.out / _READ).mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # another process ticks too
            path.replace(exchange.out / _READ / path.name)
    for name, archive in there.due():
        aside = exchange.inbox / f".{name}.part"
        aside.write_bytes(archive)
        aside.replace(exchange.inbox / name)


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """The prefect's page."""

    @Request.application
    def page(request: Request) -> Response:
        there = ministry(data, settings, clock)
        if request.method == "POST":
            try:
                there.write(request.form.get("act_id", ""), request.form.get("kind", ""))
            except KeyError:
                return Response("Acte ou courrier inconnu.", 422)
            return Response("", 303, {"Location": request.root_path.rstrip("/") + "/"})
        return Response(_page(there), mimetype="text/html")

    return sandboxes.faulty(page, data, "actes", settings)


def _page(there: Ministry) -> str:
    with there.memory.opened(*TABLES) as db:
        acts = db.execute("SELECT * FROM act ORDER BY rowid DESC LIMIT 100").fetchall()
        arrived = db.execute("SELECT * FROM arrival ORDER BY at DESC LIMIT 20").fetchall()
    buttons = "".join(
        f'<button name="kind" value="{kind}">{escape(title)}</button> '
        for kind, (_code, title, _text) in KINDS.items()
    )
    rows = "".join(
        f"<section><h2>{escape(one['act_id'])}</h2><p>{escape(one['subject'] or '')}</p>"
        f"<p>Reçu le {one['received_on']}{' (annulé)' if one['cancelled'] else ''}</p>"
        '<form method="post"><input type="hidden" name="act_id"'
        f' value="{escape(one["act_id"])}">{buttons}</form></section>'
        for one in acts
    )
    lines = "".join(
        f"<li>{escape(one['name'])} {escape(one['problem'])}</li>" for one in arrived
    )
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8">'
        "<title>Préfecture d’essai</title><h1>Préfecture d’essai</h1>"
        f"{rows or '<p>Aucun acte.</p>'}<h2>Dernières enveloppes</h2><ul>{lines}</ul></html>"
    )
