"""What the messages say, as plain values; the code of a message is `code`."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class File:
    """A file sent with a message, by its name in the archive; its PKCS#7 in base64, if any."""

    name: str
    signature: str = ""


@dataclass(frozen=True)
class Act:
    """1-1. `matter` holds one number a level (0: a level left out). `on_paper` is the text
    that says whether papers follow by post: "O", "N", or what others have written there.
    """

    number: str
    decided_on: date
    nature: int
    matter: tuple[int, ...]
    subject: str
    classified_on: date
    document: File
    annexes: tuple[File, ...] = ()
    on_paper: str = "N"
    replaces: str = ""
    code = "1-1"


@dataclass(frozen=True)
class Acknowledged:
    """1-2: the prefecture has received an act."""

    act_id: str
    received_on: date
    act: Act
    classified_on: date
    code = "1-2"


@dataclass(frozen=True)
class Anomaly:
    """1-3: the prefecture cannot take an act. `nature` is a code of three digits."""

    dated: date
    nature: str
    detail: str
    act: Act
    classified_on: date
    code = "1-3"


@dataclass(frozen=True)
class Letter:
    """2-1 to 4-4, save 3-5: a letter of the prefecture, its receipt, or what answers it.

    `text` is what a 3-1 asks for, and why a 4-1 is written.
    """

    code: str
    act_id: str
    letter_on: date
    files: tuple[File, ...] = ()
    text: str = ""


@dataclass(frozen=True)
class AnswerReceived:
    """3-5 and 4-5: the prefecture has received an answer to its letter."""

    code: str
    act_id: str
    letter_on: date
    received_on: date


@dataclass(frozen=True)
class Referral:
    """5-1: the prefect has brought an act before the administrative court."""

    act_id: str
    filed_on: date
    illegality: str
    files: tuple[File, ...] = ()
    code = "5-1"


@dataclass(frozen=True)
class Cancellation:
    """6-1: the transmission of an act is cancelled."""

    act_id: str
    code = "6-1"


@dataclass(frozen=True)
class CancellationReceived:
    """6-2."""

    act_id: str
    received_on: date
    code = "6-2"


@dataclass(frozen=True)
class ClassificationAsked:
    """7-1: which classification is in force? `held_on` is that of the one we have."""

    held_on: date | None = None
    code = "7-1"


@dataclass(frozen=True)
class DocumentType:
    """A type of document that an act of this nature may come with."""

    nature: int
    code: str
    label: str


@dataclass(frozen=True)
class Classification:
    """7-2: natures (code, abbreviation, label), types of documents, matters by their code."""

    dated: date
    natures: tuple[tuple[int, str, str], ...]
    types: tuple[DocumentType, ...]
    matters: tuple[tuple[tuple[int, ...], str], ...]
    code = "7-2"


@dataclass(frozen=True)
class ClassificationUnchanged:
    """7-3."""

    dated: date
    code = "7-3"


Message = (
    Act
    | Acknowledged
    | Anomaly
    | Letter
    | AnswerReceived
    | Referral
    | Cancellation
    | CancellationReceived
    | ClassificationAsked
    | Classification
    | ClassificationUnchanged
)
