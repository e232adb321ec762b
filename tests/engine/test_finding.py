"""Cases are found by who applied, those filed before this was kept too."""

import importlib.util

from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import delete, select

from engine import finding
from engine.models import UserTask, db
from engine.variables import TITLE, CaseVariable
from engine.worklist import Hand, Wanted, _places
from tests.conftest import ROOT
from tests.web.listed import KEY, furnish

MIGRATION = ROOT / "engine/migrations/versions/0008_the_list_of_the_inbox.py"


def test_the_migration_names_who_applied_once(either_app: Flask) -> None:
    listed = furnish(either_app)
    case, region = listed.file("Bois"), listed.office.region
    mine = CaseVariable.instance_id == case.id, CaseVariable.name == TITLE
    kept = set(db.session.scalars(select(CaseVariable.text).where(*mine)))
    assert {"atelier", "morvan", "35600000000048", "bois"} <= kept
    applied = CaseVariable.text.in_(["atelier", "morvan", "35600000000048"])
    db.session.execute(delete(CaseVariable).where(*mine, applied))
    db.session.commit()
    assert finding.find("atelier morvan", [region]).cases == ()
    db.session.rollback()
    spec = importlib.util.spec_from_file_location("migration", MIGRATION)
    assert spec
    assert spec.loader
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    for _ in range(2):
        with (
            db.engine.begin() as connection,
            Operations.context(MigrationContext.configure(connection)),
        ):
            migration._name_applicants()
    db.session.rollback()
    assert set(db.session.scalars(select(CaseVariable.text).where(*mine))) == kept
    assert finding.find("356 000 000 00048", [region]).cases == (case.id,)


def test_a_role_lent_for_some_procedures_gives_theirs_alone(app: Flask) -> None:
    listed = furnish(app)
    task = listed.review(listed.file("Bois"))
    asked = Wanted("a-prendre")
    for keys, expected in (({KEY}, [task]), ({"tests.other"}, []), (set(), [])):
        hand = Hand(listed.office.region, "case_officer", frozenset(keys))
        places = list(_places(asked, hand, False, UserTask))
        found = [
            one
            for place in places
            for one in db.session.scalars(select(UserTask.id).where(*place))
        ]
        assert found == expected
    lent = Hand(listed.office.region, "case_officer", frozenset({"tests.other"}))
    assert list(_places(Wanted("a-moi", key=KEY), lent, None, UserTask)) == []
