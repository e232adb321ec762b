"""Folders signed in a browser: with the trial key, then with the key of one's own machine."""

import threading
from pathlib import Path

from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import make_server

from connectors.signature.authority import authority
from engine import clock
from tests.browser.reader import Reader
from tests.browser.test_lots import admit
from tests.conftest import build, close, environment
from tests.connectors.signature.test_signeur import Running
from tests.servers import free_port
from tests.web.parapheur.lots import ADDRESS, deposits, finish_all, signing_book, tasks
from tests.workflows.parapheur.book import Book

FORM = """([address, chosen]) => {
  const form = document.createElement("form");
  form.method = "post"; form.action = address;
  const token = document.querySelector('meta[name="csrf-token"]').content;
  for (const [name, value] of [["csrf_token", token], ...chosen.map((one) => ["tasks[]", one])])
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
}"""


class Officer:
    """What `admit` needs of an office."""

    def __init__(self, actor):
        self.officer = actor


def choose(reader: Reader, chosen: list[str]) -> None:
    reader.open(f"{ADDRESS}/signeur")
    with reader.page.expect_navigation():
        reader.page.evaluate(FORM, [ADDRESS, chosen])


def key_file(app: Flask, folder: Path) -> Path:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12

    kept = authority(app.extensions["settings"].data, clock.now)
    held = kept.issue("Présidence", email="presidence@region.test")
    path = folder / "marie.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"cle", held.key, held.certificate, held.above,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )  # fmt: skip
    return path


def test_folders_are_signed_with_the_trial_key_then_with_one_s_own(
    chromium, tmp_path: Path
) -> None:
    port, helper = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    program = f"http://127.0.0.1:{helper}"
    app = build(environment(tmp_path, PUBLIC_URL=url, SIGNEUR_URL=program))
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with app.app_context():
        book = signing_book(app)
        folders = deposits(book, 4)
        marie = Reader(chromium, url, javascript=True)
        admit(app, Officer(book.actor("presidence")), marie, url)
        _with_the_trial_key(app, book, marie, tasks(book, folders[:2]))
        here = Running(
            tmp_path, "--file", str(key_file(app, tmp_path)), "--origin", url,
            "--port", str(helper), answers=["secret", "secret"],
        )  # fmt: skip
        try:
            _with_one_s_own(app, marie, here, tasks(book, folders[2:]))
        finally:
            said = here.stop()
        assert f"{url} demande de signer 2 document(s)" in said and "Délibération 3" in said
        for stream in (here.process.stdin, here.process.stderr):
            stream.close()
        marie.leave()
    server.shutdown()
    server.server_close()
    close(app)


def _with_the_trial_key(app: Flask, book: Book, marie: Reader, chosen: list[str]) -> None:
    choose(marie, chosen)
    marie.reads("Signer 2 dossiers", "sans valeur probante", "sera signé")
    marie.look("signing-choice")
    marie.page.get_by_label("Code PIN").fill("0000")
    marie.refused_with.add(422)
    marie.press("Signer 2 dossiers")
    marie.reads("Le code PIN est faux")
    marie.look("signing-wrong-pin")
    marie.page.get_by_label("Code PIN").fill("2468")
    marie.press("Signer 2 dossiers")
    marie.reads("En cours")
    finish_all(app)
    marie.wait_to_read("Terminé", seconds=60)
    marie.reads("2 sur 2", "B-LT", "Ouvrir le dossier suivant")
    marie.look("signing-done")


def _with_one_s_own(app: Flask, marie: Reader, here: Running, chosen: list[str]) -> None:
    choose(marie, chosen)
    marie.page.get_by_label("Clé ou carte de mon poste").check()
    marie.press("Signer 2 dossiers")
    marie.reads("Signer avec la clé de ce poste", "En attente de votre signature")
    marie.look("signing-local")
    marie.page.get_by_label("Code d’appairage").fill("faux")
    marie.page.get_by_role("button", name="Signer 2 dossiers").click()
    told = marie.page.locator("[data-ebg-signing-status]")
    expect(told).to_contain_text("Code d’appairage absent ou différent", timeout=60_000)
    marie.wrong.clear()  # the browser's own line about the refusal
    marie.page.get_by_label("Code d’appairage").fill(here.code)
    with marie.page.expect_navigation(timeout=60_000):
        marie.page.get_by_role("button", name="Signer 2 dossiers").click()
    marie.reads("En cours")
    finish_all(app)
    marie.wait_to_read("2 sur 2", seconds=60)
    marie.reads("Terminé")
