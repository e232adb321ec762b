"""What people read when something goes wrong says what happened and what to do."""

import io
from pathlib import Path

import pytest
from flask import Flask, abort

from engine.access import Forbidden
from engine.errors import NotWaiting
from tests.conftest import environment
from tests.web.browser import Browser
from tests.web.visitor import Visitor
from web.app import create_app
from web.auth import public


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 413, 422, 429, 500, 503])
def test_error_pages_say_what_to_do_and_give_a_reference(
    app: Flask, visitor: Visitor, status: int
) -> None:
    app.add_url_rule("/erreur", "error", public(lambda: abort(status)))
    answer = visitor.get("/erreur", headers={"X-Request-ID": "reference-42"})
    assert answer.status_code == status
    assert "reference-42" in answer.text
    assert answer.headers["X-Request-ID"] == "reference-42"


def test_too_much_text_is_told_as_too_many_files_are(app: Flask, visitor: Visitor) -> None:
    text = io.BytesIO(b"x"), "vide.txt"  # a form that may hold files, as ours do
    room, more = app.config["MAX_FORM_MEMORY_SIZE"], app.config["MAX_CONTENT_LENGTH"]
    answer = Browser(app).post("/preferences", {"file": text, "next": "/" + "x" * room})
    assert answer.status_code == 413
    assert f"{room >> 20} Mo de texte" in answer.text
    assert "100 Mo de fichiers" in answer.text
    assert 100 << 20 < more < 120 << 20, "what the sentence says, and the rest of the page"
    for cure in ("page précédente", "plusieurs fois", "raccourcissez", "est gardé"):
        assert cure in answer.text


def test_errors_of_the_engine_have_their_page(app: Flask, visitor: Visitor) -> None:
    def fail(error: Exception) -> None:
        raise error

    app.add_url_rule("/interdit", "forbidden", public(lambda: fail(Forbidden())))
    app.add_url_rule("/change", "changed", public(lambda: fail(NotWaiting())))
    app.add_url_rule("/panne", "broken", public(lambda: fail(ValueError("mot secret"))))
    assert visitor.get("/interdit").status_code == 403
    assert visitor.get("/change").status_code == 409
    broken = visitor.get("/panne")
    assert broken.status_code == 500
    assert "mot secret" not in broken.text


def test_the_programming_interface_answers_with_problem_documents(app: Flask) -> None:
    app.add_url_rule("/api/erreur", "api_error", public(lambda: abort(404)))
    answer = app.test_client().get("/api/erreur")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == 404


def test_a_form_without_its_token_is_refused_clearly(app: Flask) -> None:
    answer = app.test_client().post("/preferences", data={"locale": "en_GB"})
    assert answer.status_code == 400
    assert "Formulaire expiré" in answer.text


def test_a_lost_database_has_its_page_even_for_who_is_signed_in(tmp_path: Path) -> None:
    lost = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    app = create_app(environment(tmp_path, DATABASE_URL=lost))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = "somebody", True
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Une partie du service ne répond pas" in answer.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
