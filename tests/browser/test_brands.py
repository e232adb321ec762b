"""Bodies' colours on pages of all sides, light and dark: not one violation, whatever the colour."""

from collections.abc import Iterator

import pytest

from engine.directory import Organisation
from engine.models import db
from engine.transaction import transaction
from tests.browser import furnished
from tests.browser.furnished import House
from tests.browser.reader import Reader
from tests.browser.test_every_page import unfold, visit
from tests.conftest import close, environment
from web.app import create_app

COLOURS = ["#c8102e", "#f2a900", "#7ac143", "#003399", "#ff69b4"]

PAGES = {
    "visitor": ["pages.home", "catalogue.index"],
    "applicant": ["space.index", "portal.fill draft_id=draft page=4"],
    "officer": ["inbox.index panier=equipe", "cases.show case_id=case"],
    "brander": ["branding.show organisation_id=region"],
}
"""What a visitor, a company, an officer and an administrator look at."""


@pytest.fixture(scope="module")
def house(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished.house(tmp_path_factory.mktemp("brands")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(house: House):
    return house.served


def paint(house: House, colour: str) -> None:
    """Every organisation wears this colour, so that every page does."""
    served = house.served
    app = create_app(environment(served.data, PUBLIC_URL=served.url))
    with app.app_context(), transaction():
        for organisation in db.session.scalars(db.select(Organisation)):
            organisation.brand_colour = colour
    close(app)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_body_s_colour_can_be_read_on_every_side(
    enter, house: House, colour: str
) -> None:
    paint(house, colour)
    wrong = []
    for role, lines in PAGES.items():
        reader: Reader = enter()
        house.admit(reader, role)
        for number, line in enumerate(lines):
            shot = f"brand-{colour[1:]}-{role}-{number}"
            wrong += visit(reader, house.address(line), shot=shot)
            worn = reader.page.evaluate(
                "getComputedStyle(document.documentElement).getPropertyValue('--ebg-brand')"
            )
            if role != "visitor":
                assert worn.strip() != "#1f4e79", "not the platform's colour"
        unfold(reader, "header details")
    assert not wrong, "\n".join(wrong)


def test_the_preview_follows_the_colour_chosen(enter, house: House) -> None:
    reader: Reader = enter()
    house.admit(reader, "brander")
    reader.open(house.address("branding.show organisation_id=region"))
    reader.page.get_by_label("Couleur", exact=True).fill("#f2a900")
    reader.page.get_by_text("#f2a900 seule ne se lirait pas").wait_for()
    reader.look("brand-preview")


def test_the_preview_needs_no_javascript(enter, house: House) -> None:
    reader: Reader = enter(javascript=False)
    house.admit(reader, "brander")
    reader.open(house.address("branding.show organisation_id=region"))
    reader.page.get_by_label("Couleur", exact=True).fill("#ff69b4")
    reader.press("Aperçu")
    reader.reads("#ff69b4 seule ne se lirait pas")
    reader.look("brand-preview-plain")
