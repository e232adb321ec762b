"""The steps of a circuit, as a functional administrator lists them."""

from dataclasses import dataclass

APPROVE, SIGN, SEAL, OPINION = "approve", "sign", "seal", "opinion"
MAIL, TRANSMISSION, ARCHIVE = "mail", "transmission", "archive"
KINDS = (APPROVE, SIGN, SEAL, OPINION, MAIL, TRANSMISSION, ARCHIVE)
BY_DESKS = frozenset({APPROVE, SIGN, OPINION})
"""Kinds of steps that a desk does; a seal is one when it is put by hand."""
ALL, ONE = "and", "or"
"""Several desks side by side: each of them must act; the first to act is enough."""
LEGALITY, ACCOUNTING = "legality", "accounting"
"""To whom a folder is transmitted: the prefecture, the public accountant."""
PAGE = "parapheur"
REFUSED = "refused"
NAMES = {
    APPROVE: "Viser",
    SIGN: "Signer",
    SEAL: "Cacheter",
    OPINION: "Donner un avis",
    MAIL: "Envoyer par courriel",
    TRANSMISSION: "Transmettre",
    ARCHIVE: "Archiver",
}
"""What a step is called when nobody names it."""


@dataclass(frozen=True)
class Step:
    """One step of a circuit.

    `desks` are roles ("desk:maire") or FEEL after an equals sign ("=route.desks.service");
    several act side by side, `parallel` saying whether all must or one is enough. A step is
    due after `working_days`, and its desk told again every `reminder_days`. `to` are the
    addresses of a mail; `target` is `legality` or `accounting` for a transmission.
    `to_approve` and `to_refuse` are the keys of the metadata that must be filled in before.
    """

    kind: str
    name: str = ""
    desks: tuple[str, ...] = ()
    parallel: str = ""
    by_hand: bool = False
    working_days: int | None = None
    reminder_days: int | None = None
    to: tuple[str, ...] = ()
    target: str = ""
    to_approve: tuple[str, ...] = ()
    to_refuse: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep what its kind uses alone, so that a step is written in one way."""
        desks = tuple(dict.fromkeys(map(_line, self.desks))) if self._has_desks() else ()
        several = len(desks) > 1
        kept = {
            "name": _line(self.name) or NAMES.get(self.kind, self.kind),
            "desks": desks,
            "parallel": (self.parallel or ALL) if several else "",
            "by_hand": self.by_hand and self.kind == SEAL,
            "working_days": (self.working_days or None) if desks else None,
            "reminder_days": (self.reminder_days or None) if desks else None,
            "to": tuple(map(_line, self.to)) if self.kind == MAIL else (),
            "target": (self.target or LEGALITY) if self.kind == TRANSMISSION else "",
            "to_approve": _keys(self.to_approve) if self._decides() else (),
            "to_refuse": _keys(self.to_refuse) if self._decides() else (),
        }
        for name, value in kept.items():
            object.__setattr__(self, name, value)

    def _has_desks(self) -> bool:
        return self.kind in BY_DESKS or (self.kind == SEAL and self.by_hand)

    def _decides(self) -> bool:
        return self._has_desks() and self.kind != OPINION

    @property
    def is_done_by_desks(self) -> bool:
        """Whether people do it."""
        return self._has_desks()


def _keys(said: tuple[str, ...]) -> tuple[str, ...]:
    """Keys of metadata, each once."""
    return tuple(dict.fromkeys(key for key in said if key.isidentifier()))


def _line(text: str) -> str:
    """A text on one line, as an attribute of the diagram keeps it."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
