"""Pages as a browser without scripts holds them: links to follow, forms to fill."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import lxml.html

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class PostForm:
    """A form as it stands: what it would send untouched, and where files may be chosen."""

    action: str
    values: Mapping[str, list[str]]
    names: frozenset[str]
    files: frozenset[str]
    go_on: str

    def filled(self, answers: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """What is sent once answered; lists grow to the rows of the answers."""
        rows = tuple(
            f"{name.removeprefix('_rows:')}."
            for name in self.values
            if name.startswith("_rows:") and name in answers
        )
        answered = {
            name: texts
            for name, texts in answers.items()
            if name in self.names or name.startswith(rows)
        }
        return {**self.values, **answered}

    def missing(self, wanted: Iterable[str]) -> list[str]:
        """Those of these files that may be given here and are not held yet."""
        rows = tuple(
            f"{name.removeprefix('_rows:')}."
            for name in self.values
            if name.startswith("_rows:")
        )
        return [
            name
            for name in wanted
            if (name in self.files or name.startswith(rows))
            and not any(self.values.get(name, ()))
        ]


class Page:
    """An answer of the office: its final address, its status and its content."""

    def __init__(self, url: str, status: int, text: str) -> None:
        self.path = urlsplit(url).path
        self.status = status
        self.text = text
        self.tree = lxml.html.fromstring(text or "<p>")

    def token(self) -> str:
        """What the page says its forms must carry."""
        found = self.tree.xpath("string(//meta[@name='csrf-token']/@content)")
        return str(found)

    def form(self, pattern: str) -> PostForm | None:
        """The first form that posts to an address like this one."""
        for form in self.tree.forms:
            if re.match(pattern, form.action or ""):
                return _read(form)
        return None

    def links(self, pattern: str) -> dict[str, str]:
        """Addresses like this one, each with the text people read."""
        return {
            a.get("href"): " ".join(a.text_content().split())
            for a in self.tree.iter("a")
            if re.match(pattern, a.get("href") or "")
        }

    def complaints(self) -> str:
        """What the page says is wrong."""
        said = self.tree.xpath("//*[@role='alert']//li")
        return " ; ".join(" ".join(one.text_content().split()) for one in said)


def _read(form: lxml.html.FormElement) -> PostForm:
    for chooser in form.xpath(".//input[@type='file']"):
        chooser.set("disabled", "")  # else it would count as an empty answer
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        if name:
            values.setdefault(name, []).append(value)
    inputs = form.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]")
    return PostForm(
        form.action,
        values,
        frozenset(one.get("name") for one in inputs if one.get("type") != "file"),
        frozenset(one.get("name") for one in inputs if one.get("type") == "file"),
        str(form.xpath("string(.//button[@name='_next' or @name='_submit']/@name)")),
    )
