"""The list of the inbox: what each basket, filter, search, order and column shows."""

import csv
import html
import io
import re
import zipfile
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from engine import clock, finding, journal_check
from engine.access import actor_for
from engine.commands import people, tasks
from engine.directory import Organisation, holdings_of
from engine.journal import JournalEntry
from engine.models import UserTask, db
from tests.office import open_tasks, publish
from tests.prove import crowd
from tests.web.browser import Browser
from tests.web.listed import KEY, Listed, furnish
from web.auth import guard
from web.inbox import lines
from web.inbox.reading import BASKETS
from web.spreadsheets import harmless


@pytest.fixture
def listed(either_app: Flask) -> Listed:
    return furnish(either_app)


@pytest.fixture
def small(app: Flask) -> Listed:
    """For what does not hang on the database."""
    return furnish(app)


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def rows(answer: Any) -> list[UUID]:
    """The lines of the list, in order: ids of tasks or of cases."""
    assert answer.status_code == 200, answer.text
    return [UUID(one) for one in re.findall(r'data-ebg-row="([^"]+)"', answer.text)]


def asked(browser: Browser, **parameters: Any) -> Any:
    return browser.get(f"/corbeille/?{urlencode(parameters)}")


# Baskets


def test_what_is_snoozed_leaves_ones_own_tasks_until_its_day(listed: Listed) -> None:
    task = listed.review(listed.file("Bois"))
    tasks.claim(task, actor=listed.office.officer)
    claire = listed.browser()
    assert rows(asked(claire, panier="a-moi")) == [task]
    assert rows(asked(claire, panier="reportees")) == []
    later(task, timedelta(days=2))
    assert rows(asked(claire, panier="a-moi")) == []
    page = asked(claire, panier="reportees")
    assert rows(page) == [task]
    assert "Reportée au" in said(page)
    clock.advance(timedelta(days=3))
    assert rows(asked(claire, panier="a-moi")) == [task]
    assert rows(asked(claire, panier="reportees")) == []


def later(task: UUID, wait: timedelta) -> None:
    row = db.session.get_one(UserTask, task)
    row.follow_up_at = clock.now() + wait
    db.session.commit()


def test_followed_cases_say_what_they_wait_for(listed: Listed) -> None:
    """Once the office has done its part, the case waits for others, who are named."""
    office, case = listed.office, listed.file("Bois")
    claire = listed.browser()
    assert rows(asked(claire, panier="suivis")) == []
    tasks.complete(listed.review(case), {}, actor=office.officer)
    assert rows(asked(claire, panier="suivis")) == [case.id]
    assert rows(asked(claire, panier="en-attente")) == []
    for step, task in open_tasks(case.id).items():
        role = crowd.ROLES[int(step.removeprefix("task_"))]
        by = {"case_officer": office.officer, "head_of_service": office.head}.get(role)
        if by:
            tasks.complete(task, {}, actor=by)
    page = asked(claire, panier="en-attente")
    assert rows(page) == [case.id]
    assert "Task 9 – attendu de Atelier Morvan, avant le" in said(page)
    assert "attendu de Département 21" in said(page)
    for of, expected in (
        ("entreprise", [case.id]),
        ("organisme", [case.id]),
        ("partenaire", []),
    ):
        assert rows(asked(claire, panier="en-attente", attente=of)) == expected, of
    tasks.complete(open_tasks(case.id)["task_9"], {}, actor=office.applicant)
    assert rows(asked(claire, panier="en-attente", attente="entreprise")) == []
    assert rows(asked(claire, panier="en-attente")) == [case.id]


def test_following_gives_no_right_on_a_case(listed: Listed) -> None:
    case = listed.file("Bois")
    tasks.complete(listed.review(case), {}, actor=listed.office.officer)
    person = listed.office.officer.person_id
    assert person
    for holding in holdings_of(person):
        people.withdraw(holding.id, by=None)
    people.grant(person, listed.office.department, "case_officer")
    assert rows(asked(listed.browser(actor_for(person)), panier="suivis")) == []


@pytest.mark.parametrize(
    "basket",
    [
        "a-prendre",
        "a-moi",
        "equipe",
        "en-attente",
        "reportees",
        "en-retard",
        "suivis",
        "faits",
    ],
)
def test_an_empty_basket_says_something_useful(small: Listed, basket: str) -> None:
    assert BASKETS[basket].empty in said(asked(small.browser(), panier=basket))


# Filters


def test_filters_keep_what_they_say_and_show_as_chips(listed: Listed) -> None:
    office, claire = listed.office, listed.browser()
    other = publish("crowd.other", crowd.diagram().replace(KEY, "crowd.other").replace('name="Demande"', 'name="Autre"'), owner=office.region)  # fmt: skip
    mine = listed.review(listed.file("Bois"))
    theirs = Listed(listed.app, office, other).review(
        Listed(listed.app, office, other).file("Fer")
    )
    page = asked(claire, panier="a-prendre", procedure=KEY)
    assert rows(page) == [mine]
    assert "Procédure : Demande (enlever ce filtre)" in said(page)
    assert "Tout effacer" in said(page)
    assert rows(asked(claire, panier="a-prendre")) == [mine, theirs]
    assert rows(asked(claire, panier="a-prendre", procedure=KEY, etape="review")) == [mine]
    assert rows(asked(claire, panier="a-prendre", procedure=KEY, etape="task_0")) == []
    tasks.claim(mine, actor=office.second_officer)
    for more in ({}, {"procedure": KEY}, {"agent": str(office.second_officer.person_id)}):
        assert rows(asked(claire, panier="equipe", **more)) == [mine], more
    page = asked(claire, panier="equipe", agent=str(office.head.person_id))
    assert "Cette personne n’est plus dans votre équipe" in said(page)


def test_the_due_filter(listed: Listed) -> None:
    claire, now = listed.browser(), clock.now()
    dues = {"retard": -1, "7-jours": 3, "sans": None}
    made = {}
    for name, days in dues.items():
        made[name] = listed.review(listed.file(name))
        due = None if days is None else now + timedelta(days=days)
        db.session.execute(
            update(UserTask).where(UserTask.id == made[name]).values(due_at=due)
        )
        db.session.commit()
    for name, task in made.items():
        assert rows(asked(claire, panier="a-prendre", echeance=name)) == [task], name
    assert rows(asked(claire, panier="en-retard")) == [made["retard"]]
    assert made["retard"] not in rows(asked(claire, panier="a-prendre", echeance="mois"))
    assert rows(asked(claire, panier="a-prendre")) == [*made.values()], (
        "no due date comes last"
    )


NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        ("procedure", "tests.gone", "La procédure demandée n’existe plus"),
        ("etape", "review", "Choisissez une procédure pour filtrer par étape"),
        ("echeance", "hier", "n’est pas une de celles de la liste"),
        ("organisme", NOWHERE, "Vous ne travaillez plus pour l’organisme demandé"),
        ("tri", "v.gone", "La colonne de tri n’existe plus"),
        ("colonnes", "etape,v.gone", "Une colonne demandée n’existe plus"),
        ("vue", NOWHERE, "Cette vue n’existe plus"),
        ("vue", "nawak", "Cette vue n’existe plus"),
        ("panier", "nawak", "Ce panier n’existe pas"),
    ],
)
def test_what_no_longer_exists_is_told_and_the_list_comes(
    small: Listed, parameter: str, value: str, sentence: str
) -> None:
    task = small.review(small.file("Bois"))
    page = asked(small.browser(), **{"panier": "a-prendre", parameter: value})
    assert sentence in said(page)
    assert rows(page) == [task]


def test_a_step_that_is_gone_leaves_its_procedure(small: Listed) -> None:
    task = small.review(small.file("Bois"))
    page = asked(small.browser(), panier="a-prendre", procedure=KEY, etape="gone")
    assert "L’étape demandée n’existe plus" in said(page)
    assert rows(page) == [task]


@pytest.mark.parametrize("number", ["2", "41", "40000", "9" * 30, "-3", "x", "%00"])
def test_a_page_that_is_not_there_leads_to_the_first(small: Listed, number: str) -> None:
    task = small.review(small.file("Bois"))
    page = small.browser().get(f"/corbeille/?panier=a-prendre&page={number}")
    if number in {"-3", "x", "%00"}:
        assert rows(page) == [task]
    else:
        assert "Aller à la première page" in said(page)


# Search


def test_a_search_finds_by_number_siret_company_and_words(listed: Listed) -> None:
    case = listed.file("Menuiserie Évrard", commune="Saint-Étienne")
    task, claire = listed.review(case), listed.browser()
    listed.file("Poterie", commune="Autun")
    for words in (
        case.number, case.number.lower().replace("-", ""), case.number.replace("-", " "),
        "menuiserie", "MENUIS evrard", "saint etienne", f"  {case.number}  ",
        "menuiserie « Évrard »", "menuiserie 'Evrard\" % _ \\",
    ):  # fmt: skip
        assert rows(asked(claire, panier="a-prendre", q=words)) == [task], words
    for words in ("35600000000048", "356 000 000 00048", "atelier", "MORVAN"):
        assert len(rows(asked(claire, panier="a-prendre", q=words))) == 2, words
    for words in ("poterie menuiserie", "xyzzy", "' or 1=1 --", "26-AAAA-AAAA"):
        assert rows(asked(claire, panier="a-prendre", q=words)) == [], words
    assert "Rien ne répond à ces filtres" in said(
        asked(claire, panier="a-prendre", q="xyzzy")
    )
    assert rows(asked(claire, panier="equipe", q="menuiserie")) == []


@pytest.mark.parametrize("words", ["%", "'", '"', "\\", "« »", "-- /* */", "\x00"])
def test_a_search_of_nothing_lists_everything_and_says_so(
    small: Listed, words: str
) -> None:
    task = small.review(small.file("Bois"))
    page = asked(small.browser(), panier="a-prendre", q=words)
    assert rows(page) == [task]
    if words != "\x00":
        assert "ne contient ni lettre ni chiffre" in said(page)


def test_ten_thousand_characters_are_harmless(small: Listed) -> None:
    task = small.review(small.file("Bois"))
    for words in ("bois " * 2000, "x" * 10_000, "qz%'" * 3_000):
        page = asked(small.browser(), panier="a-prendre", q=words)
        assert "Seuls les 100 premiers caractères sont cherchés." in said(page)
        assert rows(page) == ([task] if words.startswith("bois") else [])


def test_a_body_that_is_consulted_finds_its_own_tasks(listed: Listed) -> None:
    office, case = listed.office, listed.file("Bois")
    tasks.complete(listed.review(case), {}, actor=office.officer)
    denis = listed.browser(office.department_officer)
    task = open_tasks(case.id)["task_8"]
    for more in (
        {},
        {"q": case.number},
        {"q": "bois"},
        {"procedure": KEY, "etape": "task_8"},
    ):
        assert rows(asked(denis, panier="a-prendre", **more)) == [task], more
    assert rows(asked(listed.browser(office.head), panier="a-prendre", q="bois")) == [
        open_tasks(case.id)[step] for step in ("task_6", "task_7")
    ]


def test_a_wide_search_says_that_it_is(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [listed.review(listed.file(f"Bois {n}")) for n in range(4)]
    monkeypatch.setattr(finding, "MOST_READ", 3)
    page = asked(listed.browser(), panier="a-prendre", q="bois")
    assert "Ajoutez un mot" in said(page)
    assert set(rows(page)) == set(made[1:]), "the latest"


# Order


def test_orders(listed: Listed) -> None:
    claire = listed.browser()
    made = {}
    for company, amount in (("Zinc", 900), ("élan", 10_000), ("Bois", 20)):
        made[company] = listed.review(listed.file(company, amount=amount))
    zinc, elan, bois = made.values()
    for order, expected in {
        "anciennes": [zinc, elan, bois],
        "recentes": [bois, elan, zinc],
        "titre": [bois, elan, zinc],
        "-titre": [zinc, elan, bois],
    }.items():
        for more in ({}, {"procedure": KEY}, {"procedure": KEY, "q": "travaux"}):
            page = asked(claire, panier="a-prendre", tri=order, **more)
            assert rows(page) == expected, (order, more)
    of_key = {"panier": "a-prendre", "procedure": KEY}
    assert rows(asked(claire, **of_key, tri="v.amount")) == [bois, zinc, elan]
    assert rows(asked(claire, **of_key, tri="-v.amount")) == [elan, zinc, bois]


def test_a_long_list_is_filtered_before_it_is_sorted(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [listed.review(listed.file(name)) for name in ("Zinc", "Bois")]
    monkeypatch.setattr(lines, "MOST", 1)
    for more in ({"tri": "titre"}, {"tri": "anciennes", "echeance": "mois"}):
        page = asked(listed.browser(), panier="a-prendre", **more)
        if rows(page) and len(rows(page)) > 1:
            assert "filtrez-la d’abord pour la trier ainsi" in said(page)
    page = asked(listed.browser(), panier="a-prendre", tri="titre")
    assert rows(page) == made


# Columns


def test_columns_are_chosen_put_in_order_and_kept_by_procedure(listed: Listed) -> None:
    listed.file("Bois", amount=1200.5)
    claire = listed.browser()
    liste = urlencode({"panier": "a-prendre", "procedure": KEY})
    chosen = ["v.amount", "titre", "v.commune", "v.starts_on"]
    offered = ["titre", "v.amount", "v.commune", "v.starts_on", "etape"]
    answer = claire.send("/corbeille/colonnes", {
        "liste": liste, "colonne": chosen, "ordre": offered, "monter": "v.amount",
    })  # fmt: skip
    assert "panneau=colonnes" in answer.location
    page = claire.get(answer.location)
    assert heads(page) == ["Montant demandé", "Demande", "Commune", "Début des travaux"]
    assert "1 200,50 €" in said(page).replace("\u202f", " ").replace("\xa0", " ")
    assert "Évry" in said(page), "as it was written"
    assert "17 mai 2031" in said(page).replace("\xa0", " ")
    assert heads(asked(claire, panier="a-prendre"))[:2] == ["Étape", "Demande"]
    assert heads(asked(listed.browser(listed.office.second_officer), panier="a-prendre",
                       procedure=KEY))[:2] == ["Étape", "Demande"]  # fmt: skip
    claire.send("/corbeille/colonnes", {"liste": liste, "usuelles": "1"})
    assert heads(asked(claire, panier="a-prendre", procedure=KEY))[:2] == [
        "Étape",
        "Demande",
    ]


def heads(page: Any) -> list[str]:
    found = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page.text)
    return [html.unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in found]


def test_no_column_at_all_is_refused_and_unknown_ones_are_left_out(small: Listed) -> None:
    claire = small.browser()
    small.file("Bois")
    answer = claire.post("/corbeille/colonnes", {"liste": "panier=a-prendre"})
    assert "Gardez au moins une colonne" in said(answer)
    names = ["etape", "password", "v.nothing"]
    claire.send("/corbeille/colonnes", {"liste": "", "colonne": names, "ordre": names})
    assert heads(asked(claire, panier="a-prendre")) == ["Étape"]


def test_habits_are_kept_for_each_person(small: Listed) -> None:
    small.file("Bois")
    claire, paul = small.browser(), small.browser(small.office.second_officer)
    claire.send("/corbeille/preferences", {"density": "compact", "liste": ""})
    assert "ebg-compact" in asked(claire).text
    assert "ebg-compact" not in asked(paul).text
    assert "data-ebg-keyboard" in asked(claire).text
    claire.send("/corbeille/preferences", {"dit": "keyboard"})
    assert "data-ebg-keyboard" not in asked(claire).text
    assert "ebg-compact" in asked(claire).text, "what was not told stays"
    claire.send("/corbeille/preferences", {"density": "nawak", "dit": "person_id"})
    assert "ebg-compact" in asked(claire).text


# Around a task


def test_next_and_previous_follow_the_list(listed: Listed) -> None:
    made = [listed.review(listed.file(f"Bois {n}")) for n in range(3)]
    listed.file("Poterie")
    first = {"panier": "a-prendre", "procedure": KEY, "etape": "review"}
    liste = urlencode({**first, "q": "bois", "tri": "anciennes"})
    claire = listed.browser()
    page = claire.get(f"/taches/{made[1]}?{urlencode({'liste': liste})}")
    assert "Suivante (3/3)" in said(page)
    links = [html.unescape(link) for link in re.findall(r'rel="(?:prev|next)" href="([^"]+)"', page.text)]  # fmt: skip
    assert [made.index(UUID(link[8:44])) for link in links] == [0, 2]
    back = html.unescape(re.search(r'href="([^"]+)" data-ebg-back', page.text)[1])  # type: ignore[index]
    assert rows(claire.get(back)) == made
    answer = claire.send(f"/taches/{made[1]}?{urlencode({'liste': liste})}", {})
    assert answer.location.startswith(f"/taches/{made[2]}")
    claire.send("/corbeille/preferences", {"dit": "open_next"})
    answer = claire.send(f"/taches/{made[2]}?{urlencode({'liste': liste})}", {})
    assert answer.location.startswith("/corbeille/?")
    assert rows(claire.get(answer.location)) == [made[0]]


@pytest.mark.parametrize(
    "liste", ["nawak", "panier=x&q=%00", "a" * 5000, "page=9&vue=1", "&&=;"]
)
def test_a_list_that_means_nothing_does_no_harm(small: Listed, liste: str) -> None:
    task = small.review(small.file("Bois"))
    assert "Retour à la liste" in said(
        small.browser().get(f"/taches/{task}?{urlencode({'liste': liste})}")
    )


def test_the_list_of_an_address_opens_no_other_task(small: Listed) -> None:
    """What travels in the address is asked again as the person who reads it."""
    task = small.review(small.file("Bois"))
    liste = urlencode({"liste": "panier=a-prendre"})
    page = small.browser(small.office.head).get(f"/taches/{task}?{liste}")
    assert 'rel="next"' not in page.text
    assert (
        small.browser(small.office.stranger).get(f"/taches/{task}?{liste}").status_code
        == 403
    )


# Preview


def test_the_preview_is_a_piece_of_page_or_a_page(small: Listed) -> None:
    task = small.review(small.file("Bois <b>"))
    claire = small.browser()
    alone = claire.get(f"/taches/{task}/apercu")
    assert "<html" in alone.text
    piece = claire.client.get(f"/taches/{task}/apercu", headers={"X-Preview": "1"})
    assert "<html" not in piece.text
    assert "Bois &lt;b&gt;" in piece.text
    for name in ("Ouvrir", "Prendre", "Pourquoi cette tâche ?", "Région"):
        assert name in said(piece)
    assert (
        small.browser(small.office.stranger).get(f"/taches/{task}/apercu").status_code
        == 403
    )


# Several at once


def test_several_tasks_go_to_the_page_that_prepares_the_act(small: Listed) -> None:
    if "bulk.preview" not in small.app.view_functions:
        small.app.add_url_rule("/lots/apercu", "bulk.preview", _prepared, methods=["POST"])
    task = small.review(small.file("Bois"))
    page = asked(small.browser(), panier="a-prendre")
    assert f'name="tache" value="{task}" form="lot"' in page.text
    assert '<form id="lot"' in page.text
    assert 'action="/lots/apercu"' in page.text
    for basket, acts in {
        "a-prendre": ["prendre", "attribuer"],
        "a-moi": ["terminer", "remettre", "attribuer", "reporter"],
    }.items():
        if basket == "a-moi":
            tasks.claim(task, actor=small.office.officer)
        found = re.findall(
            r'name="acte" value="(\w+)"', asked(small.browser(), panier=basket).text
        )
        assert found == acts
    for basket in ("faits", "suivis"):
        assert "tache" not in asked(small.browser(), panier=basket).text


@guard("handle")
def _prepared() -> str:
    return "prepared"


# Files


def exported(browser: Browser, form: str, **parameters: Any) -> bytes:
    answer = browser.send(
        "/corbeille/export", {"format": form, "liste": urlencode(parameters)}
    )
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["Content-Disposition"]
    return bytes(answer.data)


def test_a_list_is_exported_as_shown_and_the_journal_knows(listed: Listed) -> None:
    claire = listed.browser()
    for company, amount in (("=cmd|' /C calc'!A0", 1200.5), ("@SUM(1)", 3), ("-1+2", 4)):
        listed.file(company, amount=amount)
    listed.review(listed.file("Autre", commune="ailleurs"))
    columns = "titre,v.amount,v.company,v.starts_on,numero"
    parameters = {"panier": "a-prendre", "procedure": KEY, "colonnes": columns, "q": "evry"}
    content = exported(claire, "csv", **parameters)
    assert content.startswith(b"\xef\xbb\xbf")
    heads, *found = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    assert heads == [
        "Demande",
        "Montant demandé",
        "Entreprise",
        "Début des travaux",
        "Numéro",
    ]
    assert [row[2] for row in found] == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "'-1+2"]
    assert found[0][0].startswith("'=")
    assert (found[0][1], found[0][3]) == ("1200,5", "17/05/2031")
    book = zipfile.ZipFile(io.BytesIO(exported(claire, "xlsx", **parameters)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet, "no formula"
    assert "<v>1200.5</v>" in sheet
    assert "'=cmd|" in html.unescape(book.read("xl/sharedStrings.xml").decode())
    entries = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.action == "list_exported")
        .order_by(JournalEntry.at)
    ).all()
    assert [(e.actor_id, e.detail["rows"], e.detail["format"]) for e in entries] == [
        (listed.office.officer.person_id, 3, "csv"),
        (listed.office.officer.person_id, 3, "xlsx"),
    ]
    assert entries[0].detail["asked"]["q"] == "evry"
    assert journal_check.verify() == []


def test_an_export_is_bounded_and_of_ones_own_tasks(
    small: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        small.file(f"Bois {number}")
    monkeypatch.setattr(lines, "MOST_EXPORTED", 3)
    assert exported(small.browser(), "csv", panier="a-prendre").count(b"\r\n") == 4
    denis = small.browser(small.office.department_officer)
    assert exported(denis, "csv", panier="a-prendre").count(b"\r\n") == 1
    assert small.browser().send("/corbeille/export", {"format": "exe"}).status_code == 400


@pytest.mark.parametrize(
    "basket", ["en-attente", "suivis", "faits", "reportees", "en-retard", "equipe"]
)
def test_every_basket_is_exported(small: Listed, basket: str) -> None:
    case = small.file("Bois")
    tasks.complete(small.review(case), {}, actor=small.office.officer)
    number = exported(small.browser(), "csv", panier=basket).count(b"\r\n")
    assert number == (2 if basket in {"suivis", "faits"} else 1)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("a=1") == "a=1"


def test_a_company_renamed_is_found_by_its_first_name(listed: Listed) -> None:
    """The words of a case are those of the day it was filed."""
    task = listed.review(listed.file("Bois"))
    db.session.get_one(Organisation, listed.office.company).name = "Nouveau nom"
    db.session.commit()
    page = asked(
        listed.browser(), panier="a-prendre", q="atelier morvan", colonnes="entreprise"
    )
    assert rows(page) == [task]
    assert "Nouveau nom" in said(page)
