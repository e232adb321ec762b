"""What the fields of the API are made of: strict, plain, and bounded."""

import re
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from forms.characters import unprintable

MOST = 100
"""Rows of one page."""

PLAIN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
WORDS = r"^[^\x00-\x08\x0b-\x1f\x7f]*[0-9A-Za-zÀ-ÿ][^\x00-\x08\x0b-\x1f\x7f]*$"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNT = re.compile(r"[0-9]{1,9}")



class Shape(BaseModel):
    """What is sent or answered: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _printable(text: str) -> str:
    if any(unprintable(char) for char in text if char not in "\r"):
        raise PydanticCustomError("unprintable", "")
    return text


def _counted(value: Any) -> Any:
    if isinstance(value, str) and not _COUNT.fullmatch(value):
        raise PydanticCustomError("int_parsing", "")
    return value


def _dated(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise PydanticCustomError("date_parsing", "")
    return value


def words(longest: int) -> Any:
    """A text that says something."""
    limits = StringConstraints(min_length=1, max_length=longest, pattern=WORDS)
    return Annotated[str, limits, AfterValidator(_printable)]


def plain(longest: int) -> Any:
    """A text that may say nothing."""
    limits = StringConstraints(max_length=longest, pattern=PLAIN)
    return Annotated[str, limits, AfterValidator(_printable)]


Count = Annotated[int, BeforeValidator(_counted)]
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

    limit: Annotated[Count, Field(ge=1, le=MOST, description="Rows of a page.")] = 25
    cursor: Annotated[str | None, CURSOR] = None


Row = TypeVar("Row", bound=Shape)


class Page(Shape, Generic[Row]):
    """Some rows; `next` is the cursor of the page that follows, if there is one."""

    items: list[Row]
    next: str | None = Field(description="The `cursor` of the next page; null at the end.")
