"""The book's pages cost the same with three folders and with sixty, and read by indexes."""

from uuid import UUID

from flask import Flask

from tests.bench import transmitted
from tests.bench.book import fill, open_book, pages
from tests.plans import plan_of, whole
from tests.web.browser import Browser
from tests.web.test_performance import selects, statements
from tests.workflows.parapheur.book import Book

FEW, MANY = 24, 60
ROWS = 3_000
TABLES = {"parapheur_folder", "parapheur_folder_desk", "parapheur_act", "parapheur_version",
          "parapheur_file", "parapheur_reading", "user_task",
          "process_instance", "document", "legality_term", "legality_letter",
          "accounting_payment_order", "accounting_pes", "accounting_batch",
          "accounting_return"}  # fmt: skip
ALIASES = {f"{table}_1" for table in TABLES}


def filled(book: Book, real: UUID, first: int, many: int) -> dict[str, tuple[str, str]]:
    """The pages of a book with so many folders more, and of what it has sent on."""
    act = transmitted.transmit(book, real, many, first)
    fill(book, real, many)
    return {**pages(book, real), **transmitted.pages(book, act)}


def test_no_page_of_the_book_sends_more_statements_for_more_folders(app: Flask) -> None:
    book, real = open_book(app)
    found: list[dict[str, int]] = []
    for first, many in ((0, FEW), (FEW, MANY)):
        cost = {}
        for name, (who, address) in filled(book, real, first, many).items():
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
    wrong = {}
    for name, (who, address) in filled(book, real, 0, ROWS).items():
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
