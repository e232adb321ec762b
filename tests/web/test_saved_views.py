"""Views of the inbox kept under a name: mine, shared, taken over, and none too many."""

import html
import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from engine.access import Forbidden, actor_for
from engine.commands import people, worklists
from engine.directory import holdings_of
from engine.models import db
from engine.worklists import MOST_VIEWS, SavedView
from tests.office import publish
from tests.prove import crowd
from tests.web.browser import Browser
from tests.web.listed import KEY, Listed, furnish
from tests.web.test_inbox_list import heads, rows, said

LISTE = {"panier": "a-prendre", "procedure": KEY, "tri": "recentes"}


@pytest.fixture
def listed(app: Flask) -> Listed:
    return furnish(app)


def keep(browser: Browser, name: str, **more: Any) -> Any:
    liste = urlencode({**LISTE, **more.pop("asked", {})})
    return browser.send("/corbeille/vues", {"nom": name, "liste": liste, **more})


def kept(name: str) -> SavedView:
    db.session.rollback()
    return db.session.scalars(select(SavedView).where(SavedView.name == name)).one()


def act(browser: Browser, view: UUID, acte: str, **more: str) -> Any:
    return browser.send(f"/corbeille/vues/{view}", {"acte": acte, **more})


def team(listed: Listed, role: str = "case_officer") -> str:
    return f"{listed.office.region}:{role}"


def test_a_view_opens_as_it_was_kept(listed: Listed) -> None:
    older, newer = (listed.review(listed.file(name)) for name in ("Bois", "Fer"))
    claire = listed.browser()
    columns = {"colonnes": "titre,v.amount"}
    opened = claire.get(keep(claire, "Mes aides", asked=columns).location)
    assert rows(opened) == [newer, older]
    assert heads(opened) == ["Demande", "Montant demandé"]
    assert "Mes aides" in said(opened)
    assert "Mes aides" not in said(
        listed.browser(listed.office.second_officer).get("/corbeille/")
    )


def test_a_changed_list_updates_its_view(listed: Listed) -> None:
    listed.file("Bois")
    claire = listed.browser()
    keep(claire, "Mes aides")
    view = kept("Mes aides").id
    liste = urlencode({"panier": "equipe", "vue": str(view), "colonnes": "numero"})
    answer = act(claire, view, "mettre-a-jour", liste=liste)
    assert answer.location.endswith(f"vue={view}")
    assert kept("Mes aides").asked == {"panier": "equipe"}
    assert kept("Mes aides").columns == ["numero"]


def test_the_inbox_opens_with_the_view_one_chose(listed: Listed) -> None:
    claire = listed.browser()
    keep(claire, "D’abord", defaut="1")
    view = kept("D’abord").id
    assert claire.client.get("/corbeille/").location == f"/corbeille/?vue={view}"
    assert claire.client.get("/corbeille/?panier=a-moi").status_code == 200
    act(claire, view, "sans-defaut")
    assert claire.client.get("/corbeille/").status_code == 200
    act(claire, view, "defaut")
    act(claire, view, "supprimer")
    assert claire.client.get("/corbeille/").status_code == 200, "it is gone"


def test_a_shared_view_is_seen_by_its_role_and_changed_by_its_keeper(
    listed: Listed,
) -> None:
    office = listed.office
    claire, paul = listed.browser(), listed.browser(office.second_officer)
    keep(claire, "Pour tous", partage=team(listed))
    view = kept("Pour tous").id
    assert "Pour tous" in said(paul.get("/corbeille/"))
    assert "partagée par Claire Martin" in said(paul.get("/corbeille/"))
    assert paul.get(f"/corbeille/?vue={view}").status_code == 200
    for gesture in ("renommer", "partager", "mettre-a-jour", "supprimer", "reprendre"):
        assert act(paul, view, gesture, nom="À moi").status_code == 403, gesture
    assert act(paul, view, "defaut").status_code == 302
    for other in (office.department_officer, office.stranger, office.head):
        browser = listed.browser(other)
        assert act(browser, view, "defaut").status_code == 403
        if other.handles_cases:
            assert "Cette vue n’existe plus" in said(browser.get(f"/corbeille/?vue={view}"))
    act(claire, view, "partager", partage="")
    paul.get("/corbeille/vues")  # what it had to say about the view, it has said
    assert "Pour tous" not in said(paul.get("/corbeille/vues"))
    assert paul.client.get("/corbeille/").status_code == 200, "no longer the first"


def test_one_shares_with_ones_own_roles_alone(listed: Listed) -> None:
    claire = listed.browser()
    for partage in (
        team(listed, "head_of_service"),
        f"{listed.office.department}:cofunder",
        "x",
    ):
        assert keep(claire, "Pour eux", partage=partage).status_code == 403
    with pytest.raises(Forbidden):
        worklists.save_view(
            "x",
            {},
            [],
            actor=listed.office.officer,
            shared=(listed.office.region, "applicant"),
        )


def test_a_view_whose_keeper_has_left_is_taken_over_or_deleted(listed: Listed) -> None:
    office = listed.office
    claire, paul = listed.browser(), listed.browser(office.second_officer)
    for name in ("Une", "Deux"):
        keep(claire, name, partage=team(listed))
    one, two = kept("Une").id, kept("Deux").id
    assert "(a quitté le service)" not in said(paul.get("/corbeille/vues"))
    person = office.officer.person_id
    assert person
    for holding in holdings_of(person):
        people.withdraw(holding.id, by=None)
    page = said(paul.get("/corbeille/vues"))
    assert "de Claire Martin (a quitté le service)" in page
    assert act(paul, one, "reprendre").status_code == 302
    assert kept("Une").person_id == office.second_officer.person_id
    assert act(paul, one, "renommer", nom="La mienne").status_code == 302
    head = actor_for(office.head.person_id)  # type: ignore[arg-type]
    worklists.delete_view(two, actor=head)
    assert db.session.get(SavedView, two) is None
    with pytest.raises(Forbidden):
        worklists.delete_view(one, actor=head)


def test_a_view_of_a_procedure_that_is_gone_opens_without_it(listed: Listed) -> None:
    task = listed.review(listed.file("Bois"))
    claire = listed.browser()
    keep(claire, "Vieille", asked={"etape": "review", "colonnes": "titre,v.amount"})
    view = kept("Vieille")
    view.asked = {**view.asked, "procedure": "tests.gone", "agent": "x", "nawak": "1"}
    db.session.commit()
    page = claire.get(f"/corbeille/?vue={kept('Vieille').id}")
    assert "La procédure demandée n’existe plus" in said(page)
    assert "Une colonne demandée n’existe plus" in said(page)
    assert rows(page) == [task]
    assert heads(page) == ["Demande"]


def test_a_step_that_a_new_version_renames_is_told(listed: Listed) -> None:
    claire = listed.browser()
    task = listed.review(listed.file("Bois"))
    keep(claire, "Étape", asked={"etape": "review"})
    assert rows(claire.get(f"/corbeille/?vue={kept('Étape').id}")) == [task]
    publish(KEY, crowd.diagram().replace('"review"', '"study"'), owner=listed.office.region)
    assert rows(claire.get(f"/corbeille/?vue={kept('Étape').id}")) == [task], "still in use"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\x00"])
def test_a_name_that_will_not_do_is_told_and_nothing_typed_is_lost(
    listed: Listed, name: str
) -> None:
    claire = listed.browser()
    answer = keep(claire, name, partage=team(listed))
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert "Le nom de la vue est à donner : d’un à 80 caractères." in text
    assert f'value="{name.strip()}"' in text or not name.isprintable()
    assert re.search(r'<option value="[^"]+:case_officer" lang="fr" selected', answer.text)
    assert "procedure=" in text, "the list is still there to keep"


def test_names_are_text_and_one_s_own_are_different(listed: Listed) -> None:
    claire = listed.browser()
    for name in ("<script>alert(1)</script>", "x" * 80, "é'\"&"):
        assert keep(claire, name).status_code == 302
    page = claire.get("/corbeille/vues")
    assert "<script>alert" not in page.text
    assert "<script>alert(1)</script>" in said_raw(page)
    answer = keep(claire, "X" * 80)
    assert answer.status_code == 422
    assert "Vous avez déjà une vue qui s’appelle" in html.unescape(answer.text)
    assert keep(listed.browser(listed.office.second_officer), "x" * 80).status_code == 302


def said_raw(answer: Any) -> str:
    return html.unescape(answer.text)


def test_fifty_views_are_the_most(listed: Listed) -> None:
    claire = listed.browser()
    for number in range(MOST_VIEWS):
        worklists.save_view(f"Vue {number}", {}, [], actor=listed.office.officer)
    answer = keep(claire, "De trop")
    assert answer.status_code == 422
    assert "Vous gardez déjà 50 vues" in said_raw(answer)
    assert 'value="De trop"' in answer.text
    assert (
        keep(listed.browser(listed.office.second_officer), "La sienne").status_code == 302
    )


def test_a_view_that_is_not_there_is_not_found(listed: Listed) -> None:
    assert act(listed.browser(), uuid4(), "supprimer").status_code == 404
    keep(listed.browser(), "Une")
    assert act(listed.browser(), kept("Une").id, "nawak").status_code == 400
