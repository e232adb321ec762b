"""Entering member bodies and their agents, from the command line.

    flask add-organisation region-bfc "Région Bourgogne-Franche-Comté" --insee REG-27
    flask import-agents agents.csv

The file is that of the directory's pages, with one more column, `organisation`: the short
name of the body that each line is for. It is entered whole, or not at all. Each agent then
opens an account with the address told here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy import select

from engine import people_file
from engine.commands import imports, people
from engine.directory import MEMBER, PLATFORM, Organisation
from engine.models import db
from engine.people_file import Line, Unreadable, Wanted
from engine.people_lines import Known, Place, judge
from engine.transaction import transaction
from web.directory import words

_SLUG, _SIREN = re.compile("[a-z0-9-]{1,100}"), re.compile("[0-9]{9}")


class Refused(Exception):
    """Nothing of the file is entered; the text says why, line by line, in French."""


@dataclass(frozen=True)
class Agent:
    """One line of the file, understood: what it asks for, of which body."""

    wanted: Wanted
    place: Place


def read_agents(content: bytes) -> list[Agent]:
    """The agents that a file names. Raises Refused with every line to put right."""
    try:
        file = people_file.read(content)
    except Unreadable as problem:
        raise Refused(
            str(words.UNREADABLE[problem.why]) % {"value": problem.value}
        ) from None
    if file.guessed:
        raise Refused(_("Ce fichier n’est pas en UTF-8 : enregistrez-le ainsi."))
    places = _places()
    agents, wrong = list[Agent](), list[str]()
    for line in file.lines:
        place = places.get(line.row.get("organisation", ""))
        problems = list(_problems(line, place, agents))
        wrong += [_("ligne %(n)s", n=line.number) + f" : {problem}" for problem in problems]
    if wrong:
        raise Refused("\n".join(wrong))
    return agents


def _problems(line: Line, place: Place | None, agents: list[Agent]) -> Iterator[str]:
    """What is wrong with a line; one that is right joins the agents."""
    if place is None:
        named = line.row.get("organisation", "")
        yield _("aucune collectivité « %(name)s » : ajoutez-la d’abord", name=named)
        return
    known = Known.about(place, [line.row.get("courriel", "")])
    judged = judge(line.row, line.notes, place, known)
    if judged.wanted is None:
        yield from map(words.told, judged.notes)
    else:
        agents.append(Agent(judged.wanted, place))


def _places() -> dict[str, Place]:
    """The bodies that have agents, by their short names."""
    bodies = select(Organisation).where(
        Organisation.kind.in_([MEMBER, PLATFORM]), Organisation.slug.is_not(None)
    )
    return {
        str(body.slug): Place.of(body, new_services=True)
        for body in db.session.scalars(bodies)
    }


def enter(agents: list[Agent]) -> None:
    """Enter each agent with their role, all or none; twice changes nothing."""
    with transaction():
        for agent in agents:
            known = Known.about(agent.place, [agent.wanted.email])
            imports.apply(agent.wanted, agent.place, known, by=None)


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
    except Refused as problem:
        raise click.ClickException(f"rien n'est entré\n{problem}") from None
    enter(agents)
    click.echo(f"{len(agents)} lignes : chacun ouvre son compte avec son courriel")
