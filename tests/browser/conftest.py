"""Debian's chromium, and an office for it to visit. Without chromium, these tests skip."""

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served

Enter = Callable[..., Reader]
READERS = pytest.StashKey[list[Reader]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells what each person was reading."""
    report = yield
    if report.when == "call" and report.failed:
        for reader in item.stash.get(READERS, []):
            report.sections.append((f"Reading {reader.page.url}", reader.text))
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: while Playwright runs, nothing else may run an event loop."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    with serving.office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def enter(
    chromium: Browser, served: Served, request: pytest.FixtureRequest
) -> Iterator[Enter]:
    """Somebody sits down at a browser of their own: `enter("claire@region.demo")`."""
    readers = request.node.stash[READERS] = []
    with ExitStack() as stack:

        def sit(email: str = "", *, javascript: bool = True) -> Reader:
            reader = Reader(chromium, served.url, javascript=javascript)
            stack.callback(reader.leave)
            readers.append(reader)
            if email:
                reader.sign_in(email)
            return reader

        yield sit
