"""Gestures that both sides of the walk make, and the figure they expect."""

import re

from playwright.sync_api import Locator

from tests.browser import application, by_hand
from tests.browser.reader import Reader


def open_task(reader: Reader, name: str, case: str) -> None:
    """The task of this case, which may already be the page one is on."""
    if name not in reader.page.title():
        reader.open("/corbeille/")
        row = reader.page.locator("tr", has_text=case)
        follow_row(reader, row.get_by_role("link", name=name))
    reader.reads(name)


def follow_row(reader: Reader, link: Locator) -> None:
    """Past the preview, which a click would show on a wide screen."""
    address = link.get_attribute("href")
    assert address
    reader.open(address)


def open_case(reader: Reader, case: str) -> None:
    reader.open(f"/dossiers/?q={case}")
    reader.look()
    reader.follow(case)


def stage(reader: Reader, label: str) -> None:
    current = reader.page.locator(".ebg-stepper [aria-current=step]")
    assert label in current.inner_text()
    reader.reads(f"En cours : {label}")


def link_to(reader: Reader, title: str) -> Locator:
    saved = re.compile(f"^Télécharger {re.escape(title)}")
    return reader.page.get_by_role("link", name=saved).first


def document(reader: Reader, name: str) -> bytes:
    """A document by its file's name, through the link that saves it."""
    item = reader.page.locator(".ebg-document", has_text=name).first
    return reader.download(item.get_by_role("link").last)


def euros(amount: int) -> str:
    return f"{amount:,}".replace(",", " ") + ",00 €"


def granted() -> int:
    """The aid by hand: 60 000 and 10 000 euros accepted, consulting left out."""
    highest = by_hand.highest_aid(
        accepted=[60_000, 10_000],
        requested=application.REQUESTED,
        other_public_aid=application.OTHER_PUBLIC_AID,
        size_class=by_hand.size(application.HEADCOUNT, application.TURNOVER),
    )
    assert highest == int(highest) == 10_000
    return int(highest)
