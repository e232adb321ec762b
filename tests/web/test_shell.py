"""The frame of every page: headers, guards, languages, health, brand."""

import io
import logging
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from PIL import Image

from engine import clock
from engine.directory import MEMBER, Organisation
from engine.models import db
from tests.conftest import build, close, environment
from tests.web.visitor import Visitor, account
from web import config, theme
from web.app import create_app
from web.auth import guard, guards, public
from web.security import relax

PAGES = [
    "/", "/connexion", "/inscription", "/mot-de-passe/oublie", "/accessibilite",
    "/mentions-legales", "/nulle-part",
]  # fmt: skip


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    silent = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if guards.of(app, rule.endpoint) is None
    }
    assert not silent


def test_a_route_that_says_nothing_is_refused(app: Flask, visitor: Visitor) -> None:
    app.add_url_rule("/silencieuse", "silent", lambda: "secret")
    answer = visitor.get("/silencieuse")
    assert answer.status_code == 500
    assert "secret" not in answer.text


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_strict_html_under_a_strict_policy(
    visitor: Visitor, address: str
) -> None:
    answer = visitor.get(address)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert " style=" not in answer.text
    assert '<html lang="fr"' in answer.text
    assert 'href="#main"' in answer.text


def test_every_piece_of_our_pages_is_strict_html(app: Flask, visitor: Visitor) -> None:
    """specimen.html shows all the macros; a browser may open it too."""
    source = (Path(__file__).parent / "specimen.html").read_text()
    db.session.add_all(Organisation(kind=MEMBER, name=f"Commune {n}") for n in range(9))
    db.session.commit()
    pages = db.paginate(db.select(Organisation), page=2, per_page=2)

    @public
    def specimen() -> str:
        return render_template_string(
            source, today=clock.today(), now=clock.now(), pagination=pages, to=str
        )

    app.add_url_rule("/specimen", "specimen", specimen)
    answer = visitor.get("/specimen")
    assert answer.status_code == 200
    assert " style=" not in answer.text


def test_a_page_relaxes_the_policy_for_itself_alone(app: Flask, visitor: Visitor) -> None:
    @public
    def designer() -> str:
        relax("style-src-attr", "'unsafe-inline'")
        return "<!doctype html><html><head><title>x</title></head></html>"

    app.add_url_rule("/atelier", "designer", designer)
    policy = visitor.get("/atelier").headers["Content-Security-Policy"]
    assert "style-src-attr 'unsafe-inline'" in policy
    assert "unsafe" not in visitor.get("/").headers["Content-Security-Policy"]


def test_the_reference_is_ours_when_the_given_one_is_odd(visitor: Visitor) -> None:
    answer = visitor.get("/", headers={"X-Request-ID": "<script>"})
    assert "<" not in answer.headers["X-Request-ID"]


def test_one_line_a_request_without_addresses(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        visitor.get("/inscription/jeton-secret?email=claire@dubois.example")
    lines = " ".join(str(record.msg) for record in caplog.records)
    assert "/inscription/<token>" in lines
    assert "jeton-secret" not in lines
    assert "claire" not in lines


def test_the_language_is_chosen_in_the_footer_and_kept(visitor: Visitor) -> None:
    assert "Se connecter" in visitor.get("/connexion").text
    answer = visitor.post("/preferences", {"locale": "en_GB", "next": "/connexion"})
    assert "Sign in" in answer.text
    assert '<html lang="en"' in visitor.get("/").text
    assert '<html lang="fr"' in visitor.post("/preferences", {"locale": "fr_FR"}).text


def test_the_appearance_is_chosen_in_the_footer(visitor: Visitor) -> None:
    assert 'data-bs-theme="auto"' in visitor.get("/").text
    visitor.post("/preferences", {"appearance": "dark"})
    assert 'data-bs-theme="dark"' in visitor.get("/").text


def test_health(visitor: Visitor) -> None:
    assert visitor.get("/healthz").get_json() == {"status": "ok"}
    ready = visitor.get("/readyz")
    assert ready.status_code == 200
    assert ready.get_json()["checks"]["database"] == "ok"


def test_not_ready_without_redis_or_database(tmp_path: Path) -> None:
    app = build(environment(tmp_path, REDIS_URL="redis://127.0.0.1:1/0"))
    app.extensions["readiness"]["queue"] = lambda: "en retard"
    answer = app.test_client().get("/readyz")
    close(app)
    assert answer.status_code == 503
    checks = answer.get_json()["checks"]
    assert checks["redis"] == "ConnectionError"
    assert checks["queue"] == "en retard"
    assert checks["database"] == "ok"


def test_a_secure_address_makes_secure_cookies(tmp_path: Path) -> None:
    app = build(environment(tmp_path, PUBLIC_URL="https://demarches.example"))
    answer = app.test_client().get("/connexion", base_url="https://demarches.example")
    close(app)
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert answer.headers["Strict-Transport-Security"]


def test_a_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first = config.read({"EBG_DATA": str(tmp_path)})
    assert first.secret_key == config.read({"EBG_DATA": str(tmp_path)}).secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert first.database_url.startswith("sqlite:///")


@pytest.mark.parametrize(
    "brand", ["#c8102e", "#f2a900", "#7ac143", "#003399", "#ff69b4", "#ffffff", "#000000"]
)
def test_a_brand_s_colour_can_be_read_everywhere(brand: str) -> None:
    rules = dict(_variables(theme.css(brand)))
    for scope, surfaces in {
        ":root": ("#ffffff", "#f5f6f8", "#eceff3"),
        "[data-bs-theme=dark]": ("#14181d", "#1d2228", "#262c34"),
    }.items():
        values = rules[scope]
        assert theme.contrast(values["--ebg-brand"], "#ffffff") >= 4.5
        for surface in (*surfaces, values["--ebg-brand-tint"]):
            assert theme.contrast(values["--ebg-brand-text"], surface) >= 4.5


def _variables(css: str) -> list[tuple[str, dict[str, str]]]:
    blocks = [block.split("{") for block in css.replace("@media", "}@media").split("}")]
    return [
        (scope.strip(), dict(v.split(":", 1) for v in body.split(";") if ":" in v))
        for scope, body in (block for block in blocks if len(block) == 2)
        if body.startswith("--ebg")
    ]


def test_the_theme_is_served_for_ever_and_only_for_colours(visitor: Visitor) -> None:
    answer = visitor.get("/theme/c8102e-abc.css")
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get("/theme/rouge-abc.css").status_code == 404


def test_a_logo_is_drawn_anew() -> None:
    upload = io.BytesIO()
    Image.new("RGB", (2000, 500), "#c8102e").save(upload, "JPEG", comment=b"cache")
    kept = theme.logo(upload.getvalue())
    with Image.open(io.BytesIO(kept)) as image:
        assert image.format == "PNG"
        assert image.size == (480, 120)
    assert b"cache" not in kept


@pytest.mark.parametrize(
    "upload",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"", b"\x89PNG\r\n\x1a\n"],
)
def test_what_is_not_an_image_is_refused(upload: bytes) -> None:
    with pytest.raises(theme.LogoRefused):
        theme.logo(upload)


def test_a_body_shows_its_logo(app: Flask, visitor: Visitor) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (10, 10), "#c8102e").save(picture, "PNG")
    region = Organisation(kind=MEMBER, name="Région", logo=theme.logo(picture.getvalue()))
    db.session.add(region)
    db.session.commit()
    answer = visitor.get(f"/organisations/{region.id}/logo.png")
    assert answer.mimetype == "image/png"
    assert visitor.get(f"/organisations/{account()}/logo.png").status_code == 404


def test_a_guard_reads_the_row_that_the_address_names(app: Flask, visitor: Visitor) -> None:
    @guard("belong", Organisation, "organisation_id")
    def show(organisation_id: str) -> str:
        return "vu"

    app.add_url_rule("/corps/<uuid:organisation_id>", "body", show)
    body = Organisation(kind=MEMBER, name="Département")
    db.session.add(body)
    db.session.commit()
    address, nobody = f"/corps/{body.id}", f"/corps/{account()}"
    assert "Se connecter" in visitor.get(address).text
    visitor.sign_in("claire@dubois.example")
    assert visitor.get(address).status_code == 403
    assert visitor.get(nobody).status_code == 404


def test_a_fragment_sends_its_page_to_the_sign_in(app: Flask) -> None:
    answer = app.test_client().get("/compte", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/connexion")


def test_pages_are_compiled_once_for_all_the_processes(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    for compiles in (True, False):
        app = create_app(environment(tmp_path))
        assert folder.stat().st_mode & 0o777 == 0o700, "what is there is run"
        before = {one.name: one.stat().st_mtime_ns for one in folder.iterdir()}
        app.jinja_env.get_template("error.html")
        after = {one.name: one.stat().st_mtime_ns for one in folder.iterdir()}
        assert (before != after) is compiles
        close(app)
