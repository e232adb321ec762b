"""The book's pages cost the same with three folders and with sixty, and read by indexes."""

from flask import Flask

from tests.bench.book import fill, open_book, pages
from tests.plans import plan_of, whole
from tests.web.browser import Browser
from tests.web.test_performance import selects, statements

FEW, MANY = 24, 60
ROWS = 3_000
TABLES = {"parapheur_folder", "parapheur_folder_desk", "parapheur_act", "parapheur_version",
          "parapheur_file", "parapheur_reading", "user_task",
          "process_instance", "document"}  # fmt: skip
ALIASES = {f"{table}_1" for table in TABLES}


def test_no_page_of_the_book_sends_more_statements_for_more_folders(app: Flask) -> None:
    book, real = open_book(app)
    found: list[dict[str, int]] = []
    for many in (FEW, MANY):
        fill(book, real, many)
        cost = {}
        for name, (who, address) in pages(book, real).items():
            browser = Browser(app, book.actor(who))
            assert browser.client.get(address).status_code == 200, name
            with statements(app) as sent:
                browser.client.get(address)
            cost[name] = len(selects(sent))
        found.append(cost)
    few, many_of = found
    assert {n: (few[n], c) for n, c in many_of.items() if c > few[n]} == {}
    assert {n: c for n, c in many_of.items() if c > 60} == {}


def test_no_list_of_the_book_reads_a_whole_table(app: Flask) -> None:
    """As SQLite says it: PostgreSQL rightly reads whole what is small or mostly asked for."""
    book, real = open_book(app)
    fill(book, real, ROWS)
    wrong = {}
    for name, (who, address) in pages(book, real).items():
        browser = Browser(app, book.actor(who))
        browser.client.get(address)
        with statements(app) as sent:
            browser.client.get(address)
        own = [
            one for one in selects(sent) if "FROM case_request" not in one[0]
        ]  # the frame's
        lines = [line for one in own for line in whole(plan_of(*one), TABLES | ALIASES)]
        if lines:
            wrong[name] = lines
    assert wrong == {}
