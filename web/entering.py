"""Entering member bodies and their agents, from the command line.

    flask add-organisation region-bfc "Région Bourgogne-Franche-Comté" --insee REG-27
    flask import-agents agents.csv

The file is a spreadsheet saved as CSV, with `;` or `,` between its columns: organisation,
service, courriel, nom, role, fin. Each agent then opens an account with the address told here.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from engine import definitions
from engine.commands import people
from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    MEMBER,
    OPERATOR,
    PLATFORM,
    Organisation,
)
from engine.models import db
from forms.characters import unprintable

COLUMNS = ("organisation", "service", "courriel", "nom", "role", "fin")
_LARGEST = 20_000_000  # bytes
_LONGEST = 200  # characters of a name
_SLUG, _SIREN = re.compile("[a-z0-9-]{1,100}"), re.compile("[0-9]{9}")


@dataclass(frozen=True)
class Agent:
    """One line of the file: who holds which role, in which service, until when."""

    organisation_id: UUID
    service: str
    email: str
    name: str
    role: str
    until: date | None


class Unreadable(Exception):
    """Nothing of the file is entered; the text says why, line by line, in French."""


def read_agents(content: bytes) -> list[Agent]:
    """The agents that a file names. Raises Unreadable with every line to put right."""
    rows = list(_rows(content))
    bodies, roles = _bodies(), set(definitions.role_names()) - {APPLICANT}
    agents: list[Agent] = []
    wrong: list[str] = []
    for line, row in rows:
        try:
            agents.append(_agent(row, bodies, roles))
        except ValueError as problem:
            wrong.append(f"ligne {line} : {problem}")
    if wrong:
        raise Unreadable("\n".join(wrong))
    return agents


def enter(agents: list[Agent]) -> None:
    """Enter each agent with their role; entering them twice changes nothing.

    A line is entered whole; if the machine stops half-way, the same file goes on from there.
    """
    for agent in agents:
        service = (
            people.add_service(agent.organisation_id, agent.service)
            if agent.service
            else None
        )
        person = people.add_person(agent.email, agent.name)
        people.grant(
            person,
            agent.organisation_id,
            agent.role,
            service_id=service,
            until=agent.until,
        )


def _rows(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    if len(content) > _LARGEST:
        raise Unreadable("Ce fichier dépasse 20 Mo : partagez-le.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("Ce fichier n'est pas en UTF-8 : enregistrez-le ainsi.") from None
    lines = text.splitlines()
    mark = ";" if lines and ";" in lines[0] else ","
    reader = csv.DictReader(lines, delimiter=mark)
    missing = [name for name in COLUMNS[:-1] if name not in (reader.fieldnames or ())]
    if missing:
        raise Unreadable(f"Il manque les colonnes : {', '.join(missing)}.")
    try:
        for row in reader:
            yield reader.line_num, {k: (v or "").strip() for k, v in row.items() if k}
    except csv.Error as error:
        raise Unreadable(f"ligne {reader.line_num} : {error}") from None


def _bodies() -> dict[str, tuple[UUID, str]]:
    """The bodies that have agents: short name → (id, kind)."""
    rows = db.session.execute(
        select(Organisation.slug, Organisation.id, Organisation.kind).where(
            Organisation.kind.in_([MEMBER, PLATFORM])
        )
    )
    return {slug: (body, kind) for slug, body, kind in rows if slug}


def _agent(
    row: Mapping[str, str], bodies: Mapping[str, tuple[UUID, str]], roles: set[str]
) -> Agent:
    """One line read. Raises ValueError with the sentence that says what to put right."""
    if row["organisation"] not in bodies:
        raise ValueError(
            f"aucune collectivité « {row['organisation']} » : ajoutez-la d'abord"
        )
    body, kind = bodies[row["organisation"]]
    if not 0 < len(row["nom"]) <= _LONGEST:
        raise ValueError(f"donnez le nom de la personne, en {_LONGEST} caractères au plus")
    if len(row["service"]) > _LONGEST:
        raise ValueError(f"nommez le service en {_LONGEST} caractères au plus")
    if any(unprintable(char) for text in row.values() for char in text):
        raise ValueError("un caractère invisible s'y trouve : retapez la ligne")
    try:
        email = validate_email(row["courriel"], check_deliverability=False).normalized
    except EmailNotValidError:
        raise ValueError(f"« {row['courriel']} » n'est pas un courriel") from None
    known = {OPERATOR} if kind == PLATFORM else roles | {ADMINISTRATOR}
    if row["role"] not in known:
        raise ValueError(f"rôle « {row['role']} » inconnu : {', '.join(sorted(known))}")
    until = _day(row.get("fin", ""))
    return Agent(body, row["service"], email, row["nom"], row["role"], until)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"« {text} » n'est pas une date : écrivez 2026-12-31") from None


@click.command("add-organisation")
@click.argument("slug")
@click.argument("name")
@click.option("--platform", is_flag=True, help="The body that runs the platform.")
@click.option("--insee", help="Its territorial code: COM-21231, DEP-21, REG-27.")
@click.option("--siren")
@click.option("--address", default="")
@click.option("--email", default="")
@click.option("--phone", default="")
def add_organisation(slug: str, name: str, *, platform: bool, **facts: Any) -> None:
    """Enter a member body, once."""
    if not _SLUG.fullmatch(slug):
        raise click.ClickException(
            f"« {slug} » : minuscules, chiffres et tirets seulement."
        )
    siren = facts["siren"]
    if siren and not _SIREN.fullmatch(siren):
        raise click.ClickException(f"« {siren} » n'est pas un SIREN : neuf chiffres.")
    known = select(Organisation.id).where(Organisation.slug == slug)
    if db.session.scalars(known).first() is not None:
        raise click.ClickException(f"« {slug} » est déjà dans l'annuaire.")
    people.add_organisation(PLATFORM if platform else MEMBER, name, slug=slug, **facts)
    click.echo(f"{name} : dans l'annuaire")


@click.command("import-agents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_agents(file: Path) -> None:
    """Enter the agents of a file with their roles, if every line is right."""
    try:
        agents = read_agents(file.read_bytes())
    except Unreadable as problem:
        raise click.ClickException(f"rien n'est entré\n{problem}") from None
    enter(agents)
    click.echo(f"{len(agents)} lignes : chacun ouvre son compte avec son courriel")
