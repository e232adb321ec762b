"""What a page is made of, as plain data for the macros."""

from dataclasses import dataclass, field

from markupsafe import Markup


@dataclass(frozen=True)
class Choice:
    """One radio button, box or line of a list."""

    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class FileView:
    """A file already given; `remove` is the name of the button that takes it away."""

    name: str
    size: str
    sha256: str
    remove: str
    url: str = ""


@dataclass(frozen=True)
class Row:
    """One row of a list; `remove` is the name of its button, "" when rows are fixed."""

    number: int
    items: tuple["Item", ...]
    remove: str


@dataclass(frozen=True)
class Item:
    """One thing on the page; `widget` names the macro that writes it."""

    widget: str
    name: str = ""
    id: str = ""
    label: str = ""
    hint: str = ""
    error: str = ""
    value: str = ""
    required: bool = False
    readonly: bool = False
    input_type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""
    prefix: str = ""
    suffix: str = ""
    accept: str = ""
    multiple: bool = False
    refreshes: bool = False
    choices: tuple[Choice, ...] = ()
    files: tuple[FileView, ...] = ()
    items: tuple["Item", ...] = ()
    rows: tuple[Row, ...] = ()
    add: str = ""
    html: Markup = field(default_factory=Markup)

    @property
    def described_by(self) -> str:
        """The ids of the hint and of the error, for aria-describedby."""
        parts = [f"{self.id}-hint"] * bool(self.hint) + [f"{self.id}-error"] * bool(
            self.error
        )
        return " ".join(parts)


@dataclass(frozen=True)
class Step:
    """A page in the list of pages; `number` counts the visible ones from 1."""

    index: int
    number: int
    label: str
    current: bool


@dataclass(frozen=True)
class ErrorLink:
    """A line of the error summary; `anchor` is "" when no field on the page bears it."""

    anchor: str
    message: str


@dataclass(frozen=True)
class PageView:
    """One page to write. `previous` and `next` are page indexes, None at the ends."""

    index: int | None
    label: str
    items: tuple[Item, ...]
    steps: tuple[Step, ...]
    errors: tuple[ErrorLink, ...]
    previous: int | None
    next: int | None
    refreshable: bool

    @property
    def number(self) -> int:
        return next((step.number for step in self.steps if step.current), 1)
