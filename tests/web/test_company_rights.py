"""Who may do what in a company, until when, and what one takes out of it."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from engine import clock, journal, membership
from engine.access import Actor, Forbidden, actor_for
from engine.commands import cases, people
from engine.commands import membership as commands
from engine.commands.membership import NotPossible
from engine.directory import ADMINISTRATOR, APPLICANT, Organisation
from engine.models import db
from tests.web.browser import Browser
from tests.web.small_procedure import KEY, PROJECT, Ground, opened, prepare
from web.company import mine
from web.company.archive import Archive

PDF = b"%PDF-1.7\n%%EOF"


@pytest.fixture
def ground(app: Flask) -> Ground:
    made = prepare(app)
    people.grant(made.office.applicant.person_id, made.office.company, ADMINISTRATOR)
    return made


@pytest.fixture
def anne(ground: Ground) -> Browser:
    return Browser(ground.app, actor_for(ground.office.applicant.person_id))


def join(ground: Ground, name: str = "Paul Roy", role: str = APPLICANT) -> Actor:
    person = people.add_person(f"{name.split(maxsplit=1)[0].lower()}@morvan.test", name)
    people.grant(person, ground.office.company, role)
    return actor_for(person)


def rights(browser: Browser, ground: Ground, person: UUID | None, **sent: Any) -> Any:
    return browser.post(
        f"/entreprises/{ground.office.company}/personnes/{person}/droits", sent
    )


def held(ground: Ground, person: UUID | None) -> Any:
    db.session.rollback()
    found = membership.members(ground.office.company)
    return next(((m.roles, m.until) for m in found if m.person.id == person), None)


def test_rights_are_changed_and_told(ground: Ground, anne: Browser) -> None:
    paul = join(ground).person_id
    end = clock.today() + timedelta(days=30)
    page = rights(
        anne, ground, paul, role=[APPLICANT, ADMINISTRATOR], until=end.strftime("%d/%m/%Y")
    )
    assert "Les droits sont changés." in page.text
    assert "jusqu’au" in page.text
    assert held(ground, paul) == ({APPLICANT, ADMINISTRATOR}, end)
    rights(anne, ground, paul, role=[ADMINISTRATOR])
    assert held(ground, paul) == ({ADMINISTRATOR}, None)
    told = anne.get(f"/entreprises/{ground.office.company}/historique").text
    assert "Paul Roy a de nouveaux droits : administre" in told
    assert "Anne Morvan" in told


def test_a_right_ends_by_itself(ground: Ground, anne: Browser) -> None:
    paul = join(ground)
    rights(anne, ground, paul.person_id, role=[APPLICANT], until=clock.today().isoformat())
    his = Browser(ground.app, paul)
    assert his.get("/mon-espace/").status_code == 200, "its last day"
    clock.advance(timedelta(days=1))
    assert his.get("/mon-espace/").status_code == 403
    assert held(ground, paul.person_id) is None


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Droits : cochez-en un au moins"),
        ({"role": "operator"}, "Droits : cochez-en un au moins"),
        (
            {"role": APPLICANT, "until": "2020-01-01"},
            "Dernier jour : cette date est passée.",
        ),
        ({"role": APPLICANT, "until": "demain"}, "Dernier jour : écrivez la date"),
    ],
)
def test_nonsense_changes_nothing(
    ground: Ground, anne: Browser, sent: dict[str, Any], sentence: str
) -> None:
    paul = join(ground).person_id
    assert sentence in rights(anne, ground, paul, **sent).text
    assert held(ground, paul) == ({APPLICANT}, None)


def test_the_last_administrator_stays(ground: Ground, anne: Browser) -> None:
    """Neither by losing the right, nor by an end to it, nor by leaving."""
    me, paul = ground.office.applicant.person_id, join(ground).person_id
    soon = (clock.today() + timedelta(days=9)).isoformat()
    for sent in ({"role": APPLICANT}, {"role": [APPLICANT, ADMINISTRATOR], "until": soon}):
        assert "au moins un administrateur" in rights(anne, ground, me, **sent).text
    rights(anne, ground, paul, role=[ADMINISTRATOR], until=soon)
    page = anne.post(f"/entreprises/{ground.office.company}/personnes/{me}/retirer")
    assert "au moins un administrateur" in page.text, "Paul's right has an end"
    assert held(ground, me) == ({APPLICANT, ADMINISTRATOR}, None)


def test_a_stranger_is_given_no_right(ground: Ground, anne: Browser) -> None:
    stranger = ground.office.stranger.person_id
    rights(anne, ground, stranger, role=[ADMINISTRATOR])
    assert held(ground, stranger) is None


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("rights")) as ground:
        people.grant(
            ground.office.applicant.person_id, ground.office.company, ADMINISTRATOR
        )
        for number in range(3):
            join(ground, f"P{number} Roy", (APPLICANT, ADMINISTRATOR)[number % 2])
        yield ground


STEP = st.tuples(
    st.integers(0, 3),
    st.integers(0, 3),
    st.sets(st.sampled_from([APPLICANT, ADMINISTRATOR])),
    st.sampled_from([None, 0, 5]),
)


@given(st.lists(STEP, max_size=6))
def test_whatever_is_done_an_administrator_without_end_is_left(
    lasting: Ground, steps: list[Any]
) -> None:
    company = lasting.office.company
    for who, whom, roles, days in steps:
        db.session.rollback()
        known = [m.person.id for m in membership.members(company)]
        actor = actor_for(known[who % len(known)])
        until = None if days is None else clock.today() + timedelta(days=days)
        try:
            commands.set_rights(
                company, known[whom % len(known)], roles, until=until, actor=actor
            )
        except (NotPossible, Forbidden):
            db.session.rollback()
        left = membership.members(company)
        assert any(ADMINISTRATOR in m.roles and m.until is None for m in left)


# What one takes out


def opened_zip(answer: Any) -> zipfile.ZipFile:
    assert answer.mimetype == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_an_export_holds_everything_and_says_so(ground: Ground, anne: Browser) -> None:
    draft = anne.send(f"/demarches/{KEY}/demande").location.rsplit("/", 1)[0]
    anne.send(f"{draft}/1", {**PROJECT, "_next": "1"})
    anne.send(f"{draft}/2", {"quote": (BytesIO(PDF), "devis n°1.pdf"), "_next": "1"})
    case = anne.send(f"{draft}/recapitulatif").location.rsplit("/", 1)[1]
    cases.write_message(UUID(case), "Bonjour", actor=ground.office.officer)
    anne.post(
        f"/entreprises/{ground.office.company}/coffre",
        {"kind": "kbis", "file": (BytesIO(PDF + b"k"), "kbis.pdf")},
    )
    answer = anne.send(f"/entreprises/{ground.office.company}/export")
    archive = opened_zip(answer)
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    for one in manifest["files"]:
        content = archive.read(one["name"])
        assert (len(content), sha256(content).hexdigest()) == (one["size"], one["sha256"])
    names = {one["name"] for one in manifest["files"]}
    assert {*names, "manifest.json"} == set(archive.namelist())
    (request,) = (n for n in names if n.endswith("demande.json"))
    told = json.loads(archive.read(request))
    assert told["messages"][0]["text"] == "Bonjour"
    assert any(row["answer"] == "Une scie" for row in told["answers"])
    assert {act["action"] for act in told["acts"]} >= {"case_started"}
    assert archive.read(request.replace("demande.json", "documents/devis n°1.pdf")) == PDF
    assert archive.read("coffre/kbis.pdf") == PDF + b"k"
    (last,) = journal.latest(f"organisation:{ground.office.company}", 1)
    assert last.action == "company_exported"


def test_an_export_holds_nothing_of_others(ground: Ground, anne: Browser) -> None:
    ground.begin("La nôtre")
    cases.start(
        ground.definition,
        {"title": "La leur", "amount": 1, "starts_on": "2027-01-01", "kind": "advice", "quote": []},
        actor=ground.office.stranger,
        applicant_id=ground.office.other_company,
    )  # fmt: skip
    answer = anne.send(f"/entreprises/{ground.office.company}/export")
    archive = opened_zip(answer)
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert "La nôtre".encode() in everything
    assert b"La leur" not in everything


def test_only_an_administrator_exports(ground: Ground) -> None:
    paul = Browser(ground.app, join(ground))
    address = f"/entreprises/{ground.office.company}/export"
    assert paul.send(address).status_code == 403
    assert Browser(ground.app, ground.office.officer).send(address).status_code == 403


def test_hostile_names_stay_in_the_archive(ground: Ground, anne: Browser) -> None:
    db.session.get_one(Organisation, ground.office.company).name = '../../"x\r\n<b>'
    db.session.commit()
    for name in ("../../etc/passwd.pdf", "kbis.pdf", "kbis.pdf", "KBIS.pdf"):
        anne.post(
            f"/entreprises/{ground.office.company}/coffre",
            {"kind": "kbis", "file": (BytesIO(PDF), name)},
        )
    answer = anne.send(f"/entreprises/{ground.office.company}/export")
    names = opened_zip(answer).namelist()
    assert not any(".." in name or name.startswith("/") for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert "\n" not in answer.headers["Content-Disposition"]


def test_an_archive_is_sent_as_it_is_made() -> None:
    """A file ten times larger than what is kept in memory at once."""
    archive, piece = Archive(), b"x" * 1_000_000
    largest = 0
    for sent in chain(
        archive.file("a.bin", (piece for _ in range(10)), packed=False), archive.close()
    ):
        largest = max(largest, len(sent))
    assert largest < 2_000_000


def test_a_person_takes_their_own_data(ground: Ground, anne: Browser) -> None:
    ground.begin("Ma demande")
    answer = anne.get("/compte/mes-donnees")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.data)
    assert told["person"]["email"] == "anne@morvan.test"
    assert {right["role"] for right in told["rights"]} == {APPLICANT, ADMINISTRATOR}
    assert "case_started" in {act["action"] for act in told["acts"]}
    assert {act["by"] for act in told["acts"]} == {told["person"]["id"]}


def test_all_their_acts_however_many(
    ground: Ground, anne: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = ground.begin()
    for number in range(12):
        cases.write_message(case.id, str(number), actor=ground.office.applicant)
    monkeypatch.setattr(mine, "_AT_ONCE", 5)
    told = json.loads(anne.get("/compte/mes-donnees").data)
    keys = [(act["chain"], act["seq"]) for act in told["acts"]]
    assert len(keys) == len(set(keys)) == 13


def test_an_unknown_person_has_no_rights(ground: Ground, anne: Browser) -> None:
    assert rights(anne, ground, uuid4(), role=[APPLICANT]).status_code == 200
    assert len(membership.members(ground.office.company)) == 1
