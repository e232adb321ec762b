"""The measure of the register, in small: its pages answer, and what it asks finds acts."""

from flask import Flask

from tests.bench import acts
from tests.office import open_office
from tests.web.browser import Browser


def test_the_register_is_measured(app: Flask) -> None:
    office = open_office()
    acts.fill(office, 60)
    agent = Browser(app, office.legality_officer)
    found = acts.addresses(acts.a_published_act())
    for address in [one for asked in found.values() for one in asked[:1]]:
        assert agent.get(address).status_code == 200, address
    assert "N0000001" in agent.get("/actes/?q=approbation").text
    assert "Aucun acte" in agent.get("/actes/?q=attribution+approbation").text
