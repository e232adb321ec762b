"""Every query of the inbox's list reads an index, whatever is asked. On both databases."""

from datetime import timedelta
from itertools import product

import pytest
from flask import Flask, current_app
from sqlalchemy import select, text, update

from engine import clock
from engine.commands import tasks
from engine.models import ProcessInstance, UserTask, db
from engine.worklist import NEWEST, OLDEST, URGENCY, Wanted, branches
from tests.office import open_tasks
from tests.plans import plan_of, sent, whole
from tests.prove import crowd
from tests.prove.crowd import Crowd
from tests.web.browser import Browser
from web.inbox.reading import first, order_of

MANY = 300
LARGE = (
    "user_task", "process_instance", "case_variable", "case_follower", "remote_call",
    "message_subscription",
)  # fmt: skip

KEY = "procedure=crowd.request"
ASKED = [
    *(f"panier={name}&{more}"
      for name in ("a-prendre", "a-moi", "equipe", "en-retard", "reportees", "faits")
      for more in ("", KEY, f"{KEY}&etape=task_2", "q=scierie", "q=menuis+bresse+commune")),
    *(f"panier={name}&tri={order}&{more}"
      for name in ("a-prendre", "equipe")
      for order in ("anciennes", "recentes")
      for more in ("", KEY, f"{KEY}&etape=task_2")),
    *(f"panier=a-prendre&echeance={due}" for due in ("retard", "7-jours", "mois", "sans")),
    "panier=a-prendre&page=20",
    "panier=a-prendre&q=26-AAAA-AAAA",
    "panier=a-prendre&q=35600000000048",
    f"panier=a-prendre&{KEY}&etape=task_1&q=scierie&tri=-v.amount",
    f"panier=a-prendre&{KEY}&colonnes=titre,entreprise,v.amount,v.commune",
    *(f"panier={name}&{more}"
      for name in ("en-attente", "suivis") for more in ("", KEY, "q=scierie")),
    *(f"panier=en-attente&attente={of}" for of in ("entreprise", "organisme", "partenaire")),
]  # fmt: skip


@pytest.fixture
def full(either_app: Flask) -> Crowd:
    """A few thousand tasks, where the database reads a table whole only if it must."""
    made = crowd.open_crowd()
    officer = made.office.officer
    tasks.claim(open_tasks(made.case_id)["task_4"], actor=officer)
    crowd.multiply(made, MANY)
    some = db.session.scalars(select(UserTask.id).where(UserTask.status == "open").limit(5))
    later = clock.now() + timedelta(days=3)
    db.session.execute(
        update(UserTask).where(UserTask.id.in_(some.all())).values(follow_up_at=later)
    )
    db.session.commit()
    if db.session.get_bind().dialect.name == "postgresql":
        name = db.session.scalar(text("SELECT current_database()"))
        db.session.execute(text(f'ALTER DATABASE "{name}" SET enable_seqscan = off'))
        db.session.commit()
        db.engine.dispose()
    return made


def test_every_list_is_read_on_an_index(full: Crowd) -> None:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    claire = Browser(app, full.office.officer)
    wrong, read = [], 0
    for asked in ASKED:

        def page(asked: str = asked) -> None:
            answer = claire.client.get(f"/corbeille/?{asked}")
            assert answer.status_code == 200, (asked, answer.text)

        for statement, values in sent(page):
            read += 1
            wrong += [
                (asked, line, statement)
                for line in whole(plan_of(statement, values), LARGE)
            ]
    assert read > len(ASKED) * 10
    assert not wrong, wrong[0]


@pytest.mark.parametrize("basket", ["a-prendre", "equipe"])
def test_a_list_is_read_in_its_order_however_long(full: Crowd, basket: str) -> None:
    """Nothing is sorted: the first rows of a million cost what those of a thousand do."""
    if db.engine.dialect.name == "postgresql":
        for way in ("bitmapscan", "sort"):
            db.session.execute(text(f"SET enable_{way} = off"))
    places: list[dict[str, str]] = [{}, {"key": "crowd.request"},
                                    {"key": "crowd.request", "step": "task_2"}]  # fmt: skip
    for order, place in product((URGENCY, OLDEST, NEWEST), places):
        wanted = Wanted(basket, order=order, **place)  # type: ignore[arg-type]
        found = branches(wanted, full.office.officer)
        assert found, wanted
        for branch in found:
            ((statement, values),) = sent(
                lambda b=branch: db.session.scalars(b.limit(5)).all()
            )
            plan = plan_of(statement, values)
            assert "ix_user_task_" in plan, (wanted, plan)
            assert "B-TREE FOR ORDER BY" not in plan, (wanted, plan)
            assert "Sort" not in plan.replace("Incremental Sort", ""), (wanted, plan)


def test_lists_hold_what_is_asked_and_in_order(full: Crowd) -> None:
    """The same as one plain query over the whole table would say."""
    officer = full.office.officer
    free = (UserTask.status == "open", UserTask.assignee_id.is_(None),
            UserTask.role == "case_officer", UserTask.organisation_id == full.office.region)  # fmt: skip
    for order, place in product(
        (OLDEST, NEWEST, URGENCY),
        ({}, {"key": "crowd.request"}, {"step": "task_4", "key": "crowd.request"}),
    ):
        wanted = Wanted("a-prendre", order=order, **place)  # type: ignore[arg-type]
        plain = select(UserTask.id).where(*free).order_by(*order_of(wanted))
        if "step" in place:
            plain = plain.where(UserTask.element_id == "task_4")
        assert first(officer, wanted, 500) == db.session.scalars(plain.limit(500)).all(), (
            wanted
        )
    other = Wanted("a-prendre", key="tests.gone")
    assert branches(other, officer) == []
    assert db.session.scalar(select(ProcessInstance.id).limit(1))
