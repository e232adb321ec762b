"""What the header offers: each blueprint gives its own items, by who is looking.

@offer(bp)
def items(actor: Actor) -> Iterable[Item]:
if actor.handles_cases:
yield Item("Corbeille", "inbox.index", icon="inbox")
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import Blueprint, Flask, current_app, request, url_for
from flask.sansio.blueprints import BlueprintSetupState

from engine.access import Actor


@dataclass(frozen=True)
class Item:
    """A link of the main navigation. `count` is shown beside it when positive; `about` is
    the sentence under it on the home page; `under` is where its other pages are, if they
    belong to several blueprints.
    """

    label: str
    endpoint: str
    icon: str = "grid"
    count: int = 0
    about: str = ""
    under: str = ""

    @property
    def url(self) -> str:
        """Where it leads."""
        return url_for(self.endpoint)

    @property
    def current(self) -> bool:
        """Whether the page belongs to the same blueprint, or to the same room."""
        if self.under and request.path.startswith(self.under):
            return True
        return (request.blueprint or "") == self.endpoint.partition(".")[0]


Offer = Callable[[Actor], Iterable[Item]]


def offer(bp: Blueprint) -> Callable[[Offer], Offer]:
    """Register the items of a blueprint; they come in the order of the blueprints."""

    def keep(items: Offer) -> Offer:
        def record(state: BlueprintSetupState) -> None:
            state.app.extensions["navigation"].append(items)

        bp.record(record)
        return items

    return keep


def init_app(app: Flask) -> None:
    """Nothing is offered until blueprints say so."""
    app.extensions["navigation"] = []


def items(actor: Actor) -> list[Item]:
    """Everything this person is offered."""
    return [item for give in current_app.extensions["navigation"] for item in give(actor)]
