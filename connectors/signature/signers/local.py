"""The key of the agent's own machine: certificate and values come from there (`signeur`)."""

from dataclasses import dataclass
from typing import Any, Literal

from connectors import Refused

Plain = dict[str, Any]


@dataclass(frozen=True)
class Local:
    """Offered to everybody: nothing of it is set up here."""

    id: str = "poste"
    kind: Literal["local"] = "local"
    label: str = "Clé ou carte de mon poste"
    quality: str = ""
    needs: tuple[str, ...] = ()

    def certificate(self, person: Plain | None) -> tuple[bytes, list[bytes]]:
        """Raises Refused: it is not here."""
        raise Refused(["Cette clé est sur le poste de l’agent."], code="local")

    def sign(
        self, person: Plain | None, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        """Raises Refused: it is not here."""
        raise Refused(["Cette clé est sur le poste de l’agent."], code="local")

    def check(self) -> list[str]:
        """Nothing of it is set up here."""
        return []
