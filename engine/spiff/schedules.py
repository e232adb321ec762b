"""When a timer starts cases: worked out as its version is published, before any data exist."""

from datetime import datetime
from typing import Any

from engine import feel
from engine.spiff import moments
from engine.spiff.diagram import Event
from engine.spiff.moments import Duration, Repetition


def schedule(event: Event, now: datetime) -> Repetition:
    """The moments at which a start's timer fires: one only for a date or a duration.

    Raises ValueError with a French sentence.
    """
    text = event.expression or ""
    found = text if moments.is_literal(text) else _worked_out(text)
    if event.timer == "cycle":
        return moments.repetition(found, now)
    return Repetition(1, moments.resolve(found, now), Duration())


def _worked_out(text: str) -> Any:
    try:
        expression = feel.compile(text)
        found = expression.evaluate({})
    except feel.FeelError as error:
        message = f"le minuteur : {error}"
        raise ValueError(message) from error
    if read := expression.names | expression.possible_names:
        message = (
            f"le minuteur d'un début ne peut pas lire « {min(read)} » : le dossier n'existe "
            "pas encore, ni ses données"
        )
        raise ValueError(message)
    if found is None:
        raise ValueError("le minuteur n'a pas de valeur")
    return found
