"""What the fields of the API are made of: strict, plain, and bounded."""

import re
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

MOST = 100
"""Rows of one page."""

_NOT = r"[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*"
PLAIN = f"^{_NOT}$"
WORDS = f"^{_NOT}[0-9A-Za-zÀ-ÿ]{_NOT}$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNT = re.compile(r"[0-9]{1,9}")


class Shape(BaseModel):
    """What is sent or answered: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


def _counted(value: Any) -> Any:
    if isinstance(value, str) and not _COUNT.fullmatch(value):
        raise PydanticCustomError("int_parsing", "")
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _dated(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "")
    return value


def words(longest: int) -> StringConstraints:
    """A text that says something."""
    return StringConstraints(min_length=1, max_length=longest, pattern=WORDS)


def plain_text(longest: int) -> StringConstraints:
    """A text that may say nothing."""
    return StringConstraints(max_length=longest, pattern=PLAIN)


def whole(least: int, most: int) -> tuple[Any, ...]:
    """A whole number, written in figures: what to unpack into `Annotated[int, …]`."""
    return Field(ge=least, le=most), BeforeValidator(_counted)


Key = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[a-z0-9_.]+$")
]
"""What a procedure is known by."""
Day = Annotated[
    date,
    BeforeValidator(_dated),
    WithJsonSchema({"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}),
]


CURSOR: Any = Field(
    min_length=1,
    max_length=2000,
    pattern=r"^[A-Za-z0-9_.\-]+$",
    description="What `next` of the page before said; there are no page numbers.",
)


class Listing(Shape):
    """How much of a list is asked, and from where."""

    limit: Annotated[int, *whole(1, MOST)] = 25
    cursor: Annotated[str | None, CURSOR] = None


Row = TypeVar("Row", bound=Shape)


class Page(Shape, Generic[Row]):
    """Some rows; `next` is the cursor of the page that follows, if there is one."""

    items: list[Row]
    next: str | None = Field(description="The `cursor` of the next page; null at the end.")
