"""What we ask of the directory of companies."""

from typing import Protocol, TypedDict


class Company(TypedDict):
    """One establishment and the company it belongs to.

    `legal_form` is an INSEE code (catégorie juridique), `naf` the establishment's activity,
    `commune` an INSEE code, `workforce_band` an INSEE code (NN: no employee), `category` PME,
    ETI, GE or empty. `active` says that both are open.
    """

    siret: str
    siren: str
    name: str
    legal_form: str
    naf: str
    commune: str
    commune_name: str
    postal_code: str
    address: str
    active: bool
    workforce_band: str
    category: str
    is_head_office: bool
    created_on: str


class Sirene(Protocol):
    @property
    def mode(self) -> str:
        """`live` or `sandbox`."""
        ...

    def find(self, *, siret: str, key: str = "") -> Company | None:
        """The establishment of this number, None if the directory does not know it.

        Answers are kept 24 hours. Raises `Refused` (code `invalid_siret`) for a number whose
        key is wrong, `Retryable` when the directory does not answer in time: the number is
        then accepted, and completed later. It alters nothing, so `key` changes nothing.
        """
        ...

    def check(self) -> list[str]:
        """What is wrong with it, in sentences; nothing is altered."""
        ...
