"""What the operator's lists are filtered by, as it was typed."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from engine.criteria import case_number
from engine.directory import person_by_email
from engine.models import ProcessInstance, db
from web.cases.search import as_day
from web.typed import text

LONGEST = 200


class Typed:
    """Reads the fields of a filter, and notes in French what cannot be read."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.problems = dict[str, str]()

    def text(self, name: str) -> str:
        """What was typed; never longer than any name."""
        return text(self.fields, name)[:LONGEST]

    def choice(self, name: str, known: Mapping[str, object]) -> str:
        """One of a list; nothing when it is none of them."""
        typed = self.text(name)
        return typed if typed in known else ""

    def day(self, name: str) -> date | None:
        """A day."""
        typed = self.text(name)
        found = as_day(typed)
        if typed and found is None:
            self.problems[name] = _(
                "« %(text)s » n’est pas une date : écrivez par exemple 21/11/2026.",
                text=typed,
            )
        return found

    def case(self, name: str) -> UUID | None:
        """The case that bears a number."""
        typed = self.text(name)
        if not typed:
            return None
        number = case_number(typed[:40])
        asked = select(ProcessInstance.id).where(ProcessInstance.number == number)
        found = db.session.scalar(asked)
        if found is None:
            self.problems[name] = _(
                "Aucun dossier ne porte le numéro « %(number)s ».", number=typed
            )
        return found

    def person(self, name: str) -> UUID | None:
        """The person with an e-mail address."""
        typed = self.text(name)
        if not typed:
            return None
        found = person_by_email(typed)
        if found is None:
            self.problems[name] = _(
                "Personne n’a l’adresse « %(email)s » : écrivez-la en entier.", email=typed
            )
        return found.id if found else None

    def identifier(self, name: str) -> UUID | None:
        """An identifier."""
        typed = self.text(name)
        try:
            return UUID(typed) if typed else None
        except ValueError:
            self.problems[name] = _("« %(text)s » n’est pas une clé d’envoi.", text=typed)
            return None
