"""What the address of the list asks, read back: nothing in it is an error.

What cannot be read, or is no longer there, is left out, and a sentence says so. What holds
becomes the parameters of every link of the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from engine import definitions, directory, finding
from engine.access import Actor
from engine.awaiting import BODY, COMPANY, OF, PARTNER
from engine.variables import Searchable, searchable
from engine.worklist import DUES, ORDERS, URGENCY, Offered, Wanted, hands, procedures
from web.auth.actor import organisations
from web.inbox import columns, reading
from web.inbox.columns import Column
from web.typed import text

LONGEST = 100
"""Characters of a parameter."""

LONGEST_QUERY = 2000

STEPS = ("userTask", "manualTask")
_VERSIONS = 20
"""Versions of a procedure whose steps and data are offered: the latest."""


@dataclass(frozen=True)
class Asked:
    """What holds of an address, ready to be looked for.

    `params` says it again, for links; `notes` says what was left out; `order` is a column
    to sort by (`-` before it: downwards), or "".
    """

    basket: str
    params: dict[str, str]
    wanted: Wanted
    notes: tuple[str, ...] = ()
    chips: tuple[tuple[str, str], ...] = ()
    order: str = ""
    awaited: str = ""
    columns: tuple[str, ...] = ()

    @property
    def of_cases(self) -> bool:
        """Whether the basket lists cases."""
        return reading.BASKETS[self.basket].of_cases

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked besides the basket and the order."""
        return bool(self.chips)

    def but(self, *left_out: str) -> dict[str, str]:
        """The parameters without some."""
        return {n: v for n, v in self.params.items() if n not in left_out}

    def address(self, *left_out: str, **changed: Any) -> str:
        """The list without some parameters, and with others; what is empty is left out."""
        kept = {n: v for n, v in (self.but(*left_out) | changed).items() if v}
        return url_for("inbox.index", **kept)

    @property
    def query(self) -> str:
        """All of it as one parameter, for the pages of its tasks."""
        return urlencode(self.params)


def unpacked(query: str) -> dict[str, str]:
    """What `Asked.query` says; what else it may be does no harm."""
    pairs = parse_qsl(query[:LONGEST_QUERY], max_num_fields=None)[:20]
    return {name: value for name, value in pairs if len(name) <= LONGEST}


@dataclass
class Choices:
    """What one may choose from, as far as it is asked for; `key` is the procedure chosen."""

    actor: Actor
    key: str = ""

    @cached_property
    def versions(self) -> list[Offered]:
        """Every version of the procedures in which one may have tasks."""
        return procedures(self.actor)

    @cached_property
    def procedures(self) -> dict[str, str]:
        """Their names, the latest, by key."""
        found = dict[str, str]()
        for version in self.versions:
            found.setdefault(version.key, version.name)
        return found

    @property
    def _chosen(self) -> list[Offered]:
        return [v for v in self.versions if v.key == self.key][:_VERSIONS]

    @cached_property
    def steps(self) -> dict[str, str]:
        """The steps of the procedure chosen that people do, by name."""
        roles = {hand.role for hand in hands(self.actor)}
        found = dict[str, str]()
        for version in self._chosen:
            for element in definitions.model(version.id).elements.values():
                if element.kind in STEPS and element.role in {None, "", *roles}:
                    found.setdefault(element.id, element.name or element.id)
        return dict(sorted(found.items(), key=lambda pair: pair[1]))

    @cached_property
    def data(self) -> list[Searchable]:
        """What the procedure chosen lets people search by."""
        found = dict[str, Searchable]()
        for version in self._chosen:
            for one in searchable(version.id):
                found.setdefault(one.name, one)
        return list(found.values())

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The columns one may show."""
        return columns.offered(self.data)

    @cached_property
    def bodies(self) -> dict[str, str]:
        """The bodies for which one works, when they are several."""
        mine = {hand.organisation_id for hand in hands(self.actor)}
        found = {str(o.id): o.name for o in organisations() if o.id in mine}
        return found if len(found) > 1 else {}

    @cached_property
    def agents(self) -> dict[str, str]:
        """The colleagues who may have tasks of one's roles."""
        roles = dict[UUID, set[str]]()
        for hand in hands(self.actor):
            roles.setdefault(hand.organisation_id, set()).add(hand.role)
        found = {
            str(person.id): person.name
            for body, held in roles.items()
            for person in directory.holders(body, held)
            if person.id != self.actor.person_id
        }
        return dict(sorted(found.items(), key=lambda pair: pair[1]))

    @cached_property
    def dues(self) -> dict[str, str]:
        """When tasks are due."""
        words = (_("En retard"), _("Dans les 7 jours"), _("Ce mois-ci"), _("Sans échéance"))
        return dict(zip(DUES, words, strict=True))

    @cached_property
    def awaited(self) -> dict[str, str]:
        """Of whom cases may wait for something."""
        return {
            COMPANY: _("De l’entreprise"),
            BODY: _("D’un autre organisme (avis)"),
            PARTNER: _("D’un partenaire"),
        }


def read(args: Mapping[str, str], choices: Choices, *, usual: str) -> Asked:
    """What an address asks; `usual` is the basket when it names none."""
    return _Reading(args, choices).asked(usual)


@dataclass
class _Reading:
    args: Mapping[str, str]
    choices: Choices
    notes: list[str] = field(default_factory=list)
    chips: list[tuple[str, str]] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)

    def asked(self, usual: str) -> Asked:
        basket = self._basket(usual)
        of_cases = reading.BASKETS[basket].of_cases
        wanted = Wanted(basket, key=self._procedure())
        if not of_cases:
            wanted = replace(
                wanted,
                step=self._step(wanted.key),
                body=self._body(),
                due=self._due() if basket != "faits" else "",
                assignee=self._agent() if basket == "equipe" else None,
            )
        awaited = self._awaited() if basket == reading.WAITING else ""
        wanted = replace(wanted, cases=self._cases())
        order = "" if of_cases or basket == "faits" else self._order()
        if order in ORDERS:
            wanted, order = replace(wanted, order=order), ""
        columns = self._columns()
        return Asked(
            basket, self.params, wanted, tuple(self.notes), tuple(self.chips),
            order, awaited, columns,
        )  # fmt: skip

    def _said(self, name: str) -> str:
        return text({name: self.args.get(name, "")[: 20 * LONGEST]}, name)

    def _basket(self, usual: str) -> str:
        said = self._said("panier")
        if said and said not in reading.BASKETS:
            self.notes.append(_("Ce panier n’existe pas : voici « %(name)s ».",
                                name=_(reading.BASKETS[usual].label)))  # fmt: skip
        basket = said if said in reading.BASKETS else usual
        self.params["panier"] = basket
        return basket

    def _one_of(self, name: str, offered: Mapping[str, str], label: str, gone: str) -> str:
        """A choice that is offered; a sentence for one that no longer is."""
        said = self._said(name)
        if not said:
            return ""
        if said not in offered:
            self.notes.append(gone)
            return ""
        self.params[name] = said
        self.chips.append((name, f"{label} : {offered[said]}"))
        return said

    def _procedure(self) -> str:
        gone = _("La procédure demandée n’existe plus, ou n’est plus la vôtre : la liste vient sans ce filtre.")  # fmt: skip
        key = self._one_of("procedure", self.choices.procedures, _("Procédure"), gone)
        self.choices.key = key
        return key

    def _step(self, key: str) -> str:
        gone = _("L’étape demandée n’existe plus dans cette procédure : la liste vient sans ce filtre.")  # fmt: skip
        if not key:
            gone = _("Choisissez une procédure pour filtrer par étape : la liste vient sans ce filtre.")  # fmt: skip
        offered = self.choices.steps if key else {}
        return self._one_of("etape", offered, _("Étape"), gone)

    def _body(self) -> UUID | None:
        gone = _("Vous ne travaillez plus pour l’organisme demandé : la liste vient sans ce filtre.")  # fmt: skip
        said = self._one_of("organisme", self.choices.bodies, _("Organisme"), gone)
        return UUID(said) if said else None

    def _due(self) -> str:
        gone = _("Cette échéance n’est pas une de celles de la liste : le filtre est enlevé.")  # fmt: skip
        return self._one_of("echeance", self.choices.dues, _("Échéance"), gone)

    def _agent(self) -> UUID | None:
        gone = _("Cette personne n’est plus dans votre équipe : la liste vient sans ce filtre.")  # fmt: skip
        said = self._one_of("agent", self.choices.agents, _("En charge"), gone)
        return UUID(said) if said else None

    def _awaited(self) -> str:
        gone = _("On n’attend rien de ce côté-là : le filtre est enlevé.")
        said = self._one_of("attente", self.choices.awaited, _("Attendu"), gone)
        return said if said in OF else ""

    def _cases(self) -> tuple[UUID, ...] | None:
        """The cases whose words were typed; None when none were."""
        said = self._said("q")
        if not said:
            return None
        if len(said) > LONGEST:
            said = said[:LONGEST]
            self.notes.append(_("Seuls les %(n)s premiers caractères sont cherchés.", n=LONGEST))  # fmt: skip
        if not finding.searchable(said):
            self.notes.append(_("« %(text)s » ne contient ni lettre ni chiffre : rien n’est cherché.", text=said))  # fmt: skip
            return None
        self.params["q"] = said
        self.chips.append(("q", _("Recherche : %(text)s", text=said)))
        owners = {version.owner_id for version in self.choices.versions}
        mine = [hand.organisation_id for hand in hands(self.choices.actor)]
        found = finding.find(said, [*mine, *sorted(owners, key=str)])
        if found.more:
            self.notes.append(
                _("Beaucoup de dossiers répondent à « %(text)s » : seuls les plus récents sont dans cette liste. Ajoutez un mot, ou tapez le numéro du dossier.", text=said)
            )  # fmt: skip
        return found.cases

    def _order(self) -> str:
        said = self._said("tri")
        if not said:
            return ""
        if said not in ORDERS and said.removeprefix("-") not in self.choices.columns:
            self.notes.append(_("La colonne de tri n’existe plus : les plus urgentes viennent d’abord."))  # fmt: skip
            return ""
        if said != URGENCY:
            self.params["tri"] = said
        return said

    def _columns(self) -> tuple[str, ...]:
        """Those of the address, in its order."""
        said = [name for name in self._said("colonnes").split(",") if name]
        there = [name for name in dict.fromkeys(said) if name in self.choices.columns]
        if len(there) < len(set(said)):
            self.notes.append(_("Une colonne demandée n’existe plus : la liste vient sans elle."))  # fmt: skip
        if there:
            self.params["colonnes"] = ",".join(there)
        return tuple(there)
