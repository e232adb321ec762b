"""Folders signed in a browser: with the trial key, then with the key of one's own machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
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
        arguments = ["--file", str(key_file(app, tmp_path)), "--origin", url]
        start = Starts(tmp_path, *arguments, "--port", str(helper))
        try:
            _with_one_s_own(app, marie, start, helper, tasks(book, folders[2:]))
        finally:
            start.end()
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


class Starts:
    """The program, as the agent starts it again and again."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.arguments = folder, arguments
        self.started: list[Running] = []

    def __call__(self, *answers: str) -> Running:
        self.started.append(Running(self.folder, *self.arguments, answers=answers))
        return self.started[-1]

    def end(self) -> None:
        for one in self.started:
            one.process.kill()
            one.process.wait()
            for stream in (one.process.stdin, one.process.stderr):
                stream.close()


class Impostor(HTTPServer):
    """Another's program on the port: it answers whatever pleases the page, and listens."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Pleasing)
        self.heard: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def leave(self) -> str:
        self.shutdown()
        self.server_close()
        return "".join(self.heard)


class Pleasing(BaseHTTPRequestHandler):
    """Allows everything, and says that all went well."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        assert isinstance(self.server, Impostor)
        self.server.heard.append(f"{self.command} {self.path} {self.headers} {body}")
        told = {"product": "signeur", "session": "s", "success": True, "response": {}}
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.send_header("Access-Control-Expose-Headers", "*")
        self.send_header("X-Signeur-Proof", "0" * 64)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    do_OPTIONS = do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def _with_one_s_own(
    app: Flask, marie: Reader, start: Starts, port: int, chosen: list[str]
) -> None:
    here = start("secret")
    code = here.code
    choose(marie, chosen)
    marie.page.get_by_label("Clé ou carte de mon poste").check()
    marie.press("Signer 2 dossiers")
    marie.reads("Signer avec la clé de ce poste", "En attente de votre signature")
    marie.look("signing-local")
    marie.page.get_by_label("Code d’appairage").fill("faux")
    marie.page.get_by_role("button", name="Signer 2 dossiers").click()
    told = marie.page.locator("[data-ebg-signing-status]")
    stranger = "ne connaît pas ce code d’appairage"
    expect(told).to_contain_text(stranger, timeout=60_000)
    marie.page.get_by_label("Code d’appairage").fill(code)
    sign = marie.page.get_by_role("button", name="Signer 2 dossiers")
    sign.click()  # and nobody types the PIN
    expect(told).to_contain_text("Tapez votre code sur le poste", timeout=60_000)
    assert next(line for line in here.process.stderr if "Délibération 3" in line)
    here.process.kill()
    expect(told).to_contain_text("Le signeur ne répond pas", timeout=60_000)
    here.process.wait()
    impostor = Impostor(port)
    sign.click()
    expect(told).to_contain_text(stranger, timeout=60_000)
    heard = impostor.leave()
    assert "POST /rest/certificates" in heard and code not in heard
    assert "Délibération" not in heard, "it is told nothing of what is to be signed"
    marie.wrong.clear()  # the browser's own lines about the refusals
    here = start("secret", "secret")
    with marie.page.expect_navigation(timeout=60_000):
        sign.click()
    marie.reads("En cours")
    assert "demande de signer 2 document(s)" in here.stop()
    finish_all(app)
    marie.wait_to_read("2 sur 2", seconds=60)
    marie.reads("Terminé")
