"""The whole walk, both sides, in the browser: from an account to a closed, archived case."""

import pytest

from tests.browser import administration, company

pytestmark = pytest.mark.timeout(900)  # a quarter of an hour, on a machine that does more


def test_an_aid_is_asked_for_granted_paid_and_archived(enter, served, tmp_path):
    lucie = enter()
    company.open_an_account(lucie, served)
    company.begin_a_request(lucie)
    sent = company.fill_the_request(lucie, tmp_path)
    case = company.file_the_request(lucie)
    company.check_the_acknowledgement(lucie, case)

    claire = enter("claire@region.demo")
    administration.ask_for_a_document(claire, case)
    sent |= company.answer_with_the_document(lucie, case)
    administration.find_it_admissible(claire, case)
    company.sees_the_stage(lucie, case, "Avis")
    administration.give_the_departments_opinion(enter("nadia@cd58.demo"), case)
    administration.assess_and_propose(claire, case)
    company.sees_the_stage(lucie, case, "Décision")
    administration.decide(enter("helene@region.demo"), case)
    sent |= company.claim_the_payment(lucie, case)
    administration.settle_the_payment(claire, case)
    administration.find_the_order(enter("fatou@region.demo"), case)
    company.read_the_decision(lucie, case)
    administration.check_the_archive(claire, case, sent)
    administration.operate(enter("olga@plateforme.demo"), company.EMAIL)
