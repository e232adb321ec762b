"""What a folder of the signature book is, as the API takes and tells it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, WithJsonSchema

from web.api.shapes import Shape, plain_text, whole, words

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
DeskName = Annotated[str, StringConstraints(pattern=r"^(desk:)?[a-z0-9][a-z0-9_-]{0,79}$")]
State = Literal["draft", "in_progress", "refused", "finished", "abandoned"]
MetadataValue = Annotated[str, plain_text(1000)] | bool | float
ExternalId = Annotated[str, words(200)]
MOST_FILES = 100
_A_DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
Decided = Annotated[date, WithJsonSchema(_A_DAY)]


class FileToDeposit(Shape):
    """A file of a folder: sent ahead and named by its digest, or in the part `files.<rank>`."""

    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    kind: Literal["main", "annex", "detached"] = "main"
    title: Annotated[str, plain_text(300)] = ""
    document_type: Annotated[str, StringConstraints(pattern=r"^([0-9]{2}_[A-Z]{2})?$")] = (
        Field("", description="Of the classification of acts: 99_DE, 99_AU…")
    )
    signs: Annotated[int, *whole(0, MOST_FILES)] | None = Field(
        None, description="For a detached signature: the rank of the file that it signs."
    )


class ActToTransmit(Shape):
    """What the State is told of an act, for a type whose protocol is ACTES."""

    nature: Annotated[int, *whole(1, 6)]
    matter: list[Annotated[int, *whole(1, 99)]] = Field(min_length=2, max_length=5)
    number: Annotated[
        str, StringConstraints(pattern=r"^([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]$")
    ]
    decided_on: Decided
    subject: Annotated[str, words(499)]
    on_paper: bool = False


class NewFolder(Shape):
    """A folder to deposit in the book."""

    type: Slug
    subtype: Slug
    title: Annotated[str, words(300)]
    desk: DeskName | None = Field(
        None, description="The desk that deposits; needed when the key sits at several."
    )
    external_id: ExternalId | None = Field(
        None, description="Yours: deposited again under it, a folder is the same folder."
    )
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)
    act: ActToTransmit | None = None
    visibility: Literal["confidential", "service", "public"] | None = None
    draft: bool = Field(
        False, description="Kept at the desk until it is started; metadata may wait too."
    )
    files: list[FileToDeposit] = Field(min_length=1, max_length=MOST_FILES)


class Start(Shape):
    """What is still to be said of a draft as it starts."""

    title: Annotated[str, words(300)] | None = None
    metadata: dict[str, MetadataValue] = Field(default_factory=dict)


class Withdrawal(Shape):
    """Why a folder is taken back."""

    reason: Annotated[str, words(500)]


class DeskAt(Shape):
    """A desk of the body."""

    desk: str
    name: str


class FolderHead(Shape):
    """A folder, as lists show it. `desks_now` has it in hand."""

    id: UUID
    number: str
    external_id: str | None
    title: str
    type: str
    subtype: str
    state: State
    step: str
    author: DeskAt
    desks_now: list[DeskAt]
    deposited_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


class ActDone(Shape):
    """What was done to a folder, by whom, at which desk; private notes are not told."""

    rank: int
    round: int
    kind: str
    at: datetime
    step: str
    desk: DeskAt | None
    person: str | None
    mention: str
    note: str
    undone: bool


class Refusal(Shape):
    """Why a folder came back to its author."""

    reason: str
    at: datetime
    desk: DeskAt | None
    person: str | None


class SignatureTold(Shape):
    """What a signature of a file says of itself, examined when it was made or received."""

    kind: str
    format: str
    level: str
    quality: str
    subject: str
    issuer: str
    signed_at: datetime | None
    timestamped_at: datetime | None
    indication: str


class FileOfFolder(Shape):
    """A file in its current version; `content` is where its bytes are."""

    id: UUID
    kind: Literal["main", "annex", "detached", "evidence"]
    title: str
    name: str
    media_type: str
    size: int
    sha256: str
    version: int
    document_type: str
    format: str
    signs: UUID | None
    signatures: list[SignatureTold]
    content: str


class FolderInFull(FolderHead):
    """A folder with its acts, its files and, when it came back, its refusal.

    `already_deposited`: this deposit found the folder of its `external_id`.
    """

    round: int
    metadata: dict[str, MetadataValue]
    refusal: Refusal | None
    acts: list[ActDone]
    files: list[FileOfFolder]
    verification_code: str
    already_deposited: bool = False
