"""The operator's commands: `flask --app web.app …`."""

import sys
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask, current_app
from sqlalchemy import select

from connectors import Misconfigured, references, sandboxes
from engine import clock, journal_check, journal_export, marks
from engine.commands import chores
from engine.commands.publishing import PublishedByAnother, PublishedByDesigner
from engine.directory import Organisation
from engine.models import db
from engine.sweep import sweep as sweep_once
from web import demo, tidying
from web.entering import add_organisation, import_agents
from web.worker import Workers
from workflows import publication
from workflows.grants import aid_import


def init_app(app: Flask) -> None:
    """Add the commands to the application's own."""
    for command in (
        publish, worker, sweep, sandbox, check_partners, import_aids, journal_verify,
        clock_advance, seed_demo, tidy, backup_done, add_organisation, import_agents,
        import_references,
    ):  # fmt: skip
        app.cli.add_command(command)


@click.command("publish")
@click.option(
    "--owner", default=demo.REGION, help="Slug of the organisation that owns them."
)
@click.option(
    "--over-designer", is_flag=True, help="Replace versions made in the designer."
)
def publish(owner: str, over_designer: bool) -> None:
    """Freeze every procedure's folder that changed as a new version."""
    body = _organisation(owner)
    refused = False
    for key, folder in publication.folders().items():
        try:
            version = publication.publish(
                key,
                publication.read_folder(folder),
                owner_id=body.id,
                over_designer=over_designer,
            )
        except publication.FolderRefused as problem:
            refused = True
            click.echo(f"{key}: refusée\n{problem}", err=True)
        except PublishedByDesigner:
            refused = True
            click.echo(
                f"{key}: sa version vient du concepteur ; --over-designer la remplace",
                err=True,
            )
        except PublishedByAnother as other:
            refused = True
            click.echo(f"{key}: appartient à {other} ; --owner le nomme", err=True)
        else:
            click.echo(f"{key}: " + (f"version {version}" if version else "inchangée"))
    if refused:
        sys.exit(1)


def _organisation(slug: str) -> Organisation:
    found = db.session.scalars(
        select(Organisation).where(Organisation.slug == slug)
    ).first()
    if found is None:
        raise click.ClickException(f"Aucune organisation « {slug} » dans l'annuaire.")
    return found


@click.command("worker")
@click.option("--threads", default=4, show_default=True)
def worker(threads: int) -> None:
    """Make the remote calls, fire the timers, hand over the messages, until stopped."""
    workers = Workers(_app(), current_app.extensions["settings"].redis_url)
    workers.start(threads)
    workers.wait()


@click.command("sweep")
def sweep() -> None:
    """Do once whatever is due now, and say how much it was."""
    workers = Workers(_app())
    workers.start()
    click.echo(sweep_once(workers.tell))
    workers.stop()


@click.command("sandbox")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8100, show_default=True)
@click.option("--smtp-port", default=8125, show_default=True)
@click.option("--clamd-port", default=8131, show_default=True)
def sandbox(host: str, port: int, smtp_port: int, clamd_port: int) -> None:
    """Serve every partner's sandbox, so that several processes see the same partners."""
    settings = current_app.extensions["settings"]
    sandboxes.serve(
        settings.data, host, port, smtp_port, clamd_port,
        settings=settings.partners, clock=clock.now,
    )  # fmt: skip


@click.command("check-partners")
def check_partners() -> None:
    """Try every partner's settings, reach and credentials; alter nothing."""
    bad = False
    for name, partner in current_app.extensions["partners"].items():
        problems = partner.check()
        bad = bad or bool(problems)
        state = " ; ".join(problems) or "prêt"
        click.echo(f"{'✗' if problems else '✓'} {name} ({partner.mode}) : {state}")
    if bad:
        sys.exit(1)


@click.command("import-aids")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--origin", default=None, help="Where the file comes from.")
@click.option(
    "--complete", is_flag=True, help="Withdraw the sheets the file no longer holds."
)
def import_aids(file: Path, origin: str | None, complete: bool) -> None:
    """Read a file of aids in the national open schema into the catalogue."""
    with file.open("rb") as stream:
        report = aid_import.import_aids(
            stream, origin=origin or file.name, complete=complete
        )
    for line, message in [*report.refused, *report.remarks]:
        click.echo(f"ligne {line} : {message}", err=True)
    refused = len(report.refused) + report.unlisted
    click.echo(
        f"{report.created} créées, {report.updated} mises à jour, "
        f"{report.unchanged} inchangées, {report.withdrawn} retirées, {refused} refusées"
    )


@click.command("import-references")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def import_references(folder: Path) -> None:
    """Copy official schemas and code lists where the checks look for them."""
    settings = current_app.extensions["settings"]
    try:
        kept = references.import_from(folder, settings.data, at=clock.now())
    except Misconfigured as problem:
        raise click.ClickException(str(problem)) from problem
    files = sum(
        one["files"] for one in references.imported(kept.parent) if one["name"] == kept.name
    )
    click.echo(f"{files} fichiers de {folder.name} importés dans {kept}.")


@click.command("journal-verify")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Verify an export (JSON lines) instead of the database.",
)  # fmt: skip
def journal_verify(file: Path | None) -> None:
    """Read the whole journal again and say whether any link of a chain is broken."""
    faults = journal_export.verify(file) if file else journal_check.verify()
    for fault in faults:
        click.echo(fault, err=True)
    click.echo("Journal intact." if not faults else f"{len(faults)} anomalies.")
    if faults:
        sys.exit(1)


@click.command("backup-done")
@click.option("--where", default="", help="Where the backup is.")
def backup_done(where: str) -> None:
    """Say that a backup was made now, for operators to see."""
    marks.note("backup", where=where[:300])
    click.echo("Noté.")


@click.command("tidy")
def tidy() -> None:
    """Do what the platform does for itself every hour: forget, verify, count."""
    removed = tidying.tidy(current_app.extensions["partners"]["storage"])
    chores.finish()
    click.echo(f"{removed['orphans']} fichiers, {removed['messages']} messages")


@click.command("clock-advance")
@click.argument("days", type=float)
def clock_advance(days: float) -> None:
    """Move the office's clock forward (demonstrations and tests only)."""
    try:
        clock.advance(timedelta(days=days))
    except clock.ClockRefused:
        raise click.ClickException(
            "L'horloge d'un service réel ne se déplace pas."
        ) from None
    click.echo(clock.now().isoformat())


@click.command("demo")
def seed_demo() -> None:
    """Enter the demonstration's people, publish, and run cases to every stage."""
    made = demo.seed(_app())
    settings = current_app.extensions["settings"]
    click.echo(f"\n  e-bourgogne : {settings.public_url}\n")
    click.echo(f"  Comptes de démonstration (mot de passe : {made['mot de passe']})")
    for account, does in made["comptes"].items():
        click.echo(f"    {account:<46} {does}")
    click.echo(f"\n  Entreprise à inscrire soi-même : SIRET {demo.NEWCOMER}")
    click.echo("\n  Ctrl+C pour arrêter.\n")


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]
