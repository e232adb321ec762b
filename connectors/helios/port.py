"""What the house asks of HELIOS: the State's accountants, and the PES they exchange."""

from typing import Any, Literal, Protocol

from connectors import Produced

Plain = dict[str, Any]


class Helios(Protocol):
    """Reads, checks and makes PES; and, for a transmission service, carries them to the DGFiP.

    A PES_Aller is a list of batches (bordereaux) of pieces, with their supporting documents.
    The accountant accepts or refuses each batch and each document: partial acceptance is
    ordinary. Amounts are texts with two decimals.
    """

    @property
    def mode(self) -> Literal["live", "sandbox"]: ...

    def check(self) -> list[str]:
        """List what is wrong with the settings and the exchange folders."""

    def examine(
        self,
        *,
        content: bytes,
        names: list[str] | None = None,
        unique_ids: list[str] | None = None,
        signed: bool = False,
    ) -> Plain:
        """What any PES says, and what is wrong with it; never raises.

        Returns {kind, encoding, size, header, batches, documents, problems, refused, schema}:
        `problems` are {line, element, text, blocking}, `refused` says that one blocks,
        `schema` is `passed`, `failed` or `not_run`. `names` and `unique_ids` were used
        before; `signed` demands a signature.
        """

    def sheet(self, *, content: bytes, batch: int, first: int, count: int) -> Plain:
        """What a PES says, to be read by people and judged by nobody: quick on large files.

        Returns {header, batches, documents, pieces}: the batches without their pieces but
        with their `count`, and `count` pieces of one `batch` from `first`. Raises Refused
        for what is no PES_Aller.
        """

    def document(self, *, content: bytes, position: int) -> Plain:
        """A supporting document of a PES: {name, media_type, content}; raises Refused."""

    def inspect(
        self,
        *,
        document: Plain,
        names: list[str] | None = None,
        unique_ids: list[str] | None = None,
        signed: bool = True,
        key: str,
    ) -> Produced:
        """Check a stored PES before it is sent.

        The value is {header, batches, documents, problems, schema} without pieces: a batch
        is {id, domain, year, number, amount, pieces}. Raises Refused with the blocking ones.
        """

    def build(self, *, orders: list[Plain], header: Plain, key: str) -> Produced:
        """Make a PES from payment orders, once for a given `key`; the document is "pes".

        The value is {file, batches}. Raises Refused with a sentence an order.
        """

    def read_acknowledgement(self, *, content: bytes) -> Plain:
        """A PES_ACQUIT: {header, status, batches, documents, others, reasons}.

        `status` is acknowledged, partial or refused. Raises Refused for what is none.
        """

    def read_return(self, *, content: bytes) -> Plain:
        """A PES_Retour: {header, pieces}. Raises Refused for what is none."""

    def understand(self, *, document: Plain, key: str) -> Produced:
        """Read a stored PES_ACQUIT or PES_Retour: the value of `read_…`, with its `kind`."""

    def send(self, *, document: Plain, key: str) -> Produced:
        """Hand a checked PES over to the DGFiP, once for a given `key`.

        The value is {id, name, message}: `name` is the file's at the DGFiP. Raises Refused
        for a file that it would not take.
        """

    def collect(self) -> list[Plain]:
        """What the DGFiP left and was not yet taken: {id, kind, name, file: StoredFile}.

        `kind` is PES_ACQUIT, PES_Retour or the root's name; `name` is the NomFic concerned.
        """

    def collected(self, *, id: str) -> None:  # noqa: A002  the exchange's own word
        """Say that a file collected is in safe hands: the exchange forgets it."""
