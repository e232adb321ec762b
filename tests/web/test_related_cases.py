"""The case that called, and the cases called, on each other's page, for who may see them."""

from flask import Flask
from sqlalchemy import select

from engine.commands import people
from engine.models import ProcessInstance, db
from tests.engine.test_children import called, caller, child_of, start
from tests.office import deliver_all, open_office, publish
from tests.web.visitor import PASSWORD, Visitor
from web.accounts import open_account


def test_cases_that_call_each_other_are_told_on_their_pages(app: Flask) -> None:
    office = open_office()
    publish("tests.called", called(), owner=office.region)
    case = start(office, caller())
    deliver_all(app)
    child = child_of(case)
    numbers = {c.id: c.number for c in db.session.scalars(select(ProcessInstance))}
    pages = {case.id: f"/dossiers/{case.id}", child.id: f"/dossiers/{child.id}"}

    def visitor(email: str, body: object, role: str) -> Visitor:
        person = open_account(email=email, name="Quelqu'un", password=PASSWORD)
        people.grant(person, body, role)
        found = Visitor(app)
        found.sign_in(email)
        return found

    officer = visitor("officer@region.example", office.region, "case_officer")
    assert numbers[child.id] in officer.get(pages[case.id]).text
    assert numbers[case.id] in officer.get(pages[child.id]).text

    head = visitor("head@region.example", office.region, "head_of_service")
    page = head.get(pages[child.id]).text
    assert "Circuit" in page
    assert numbers[case.id] not in page
    assert head.get(pages[case.id]).status_code == 403

    other = visitor("other@cd21.example", office.department, "case_officer")
    assert other.get(pages[child.id]).status_code == 403

    requests = visitor("anne@company.example", office.company, "applicant").get(
        "/demandes/"
    )
    assert numbers[case.id] in requests.text
    assert numbers[child.id] not in requests.text
