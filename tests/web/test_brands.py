"""A body's own look: its colour, logo, texts and hosts, and nothing that could harm."""

import re
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from werkzeug.test import EnvironBuilder, run_wsgi_app

from engine import brands
from engine.access import actor_for
from engine.brands import HostRefused
from engine.commands import brands as commands
from engine.commands import people
from engine.models import db
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, prepare
from tests.web.test_performance import selects, statements
from tests.web.visitor import letters
from web import theme

HOST = "demarches.autun.fr"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
COLOURS = ["#c8102e", "#f2a900", "#7ac143", "#003399", "#ff69b4"]


@pytest.fixture
def ground(app: Flask) -> Ground:
    return prepare(app)


@pytest.fixture
def ines(ground: Ground) -> Browser:
    person = people.add_person("ines@region.test", "Inès Perrin")
    people.grant(person, ground.office.region, "administrator")
    return Browser(ground.app, actor_for(person))


def address(ground: Ground, more: str = "") -> str:
    return f"/organisation/{ground.office.region}/marque{more}"


def look(ground: Ground, ines: Browser, **texts: str) -> None:
    ines.post(address(ground), {"colour": "#c8102e", **texts})


def activate(ground: Ground, ines: Browser, host: str = HOST) -> None:
    ines.post(address(ground, "/adresses"), {"host": host})
    (asked,) = [one for one in brands.hosts_of(ground.office.region) if one.host == host]
    olga = Browser(ground.app, ground.office.operator)
    assert "en service" in olga.post(f"/exploitation/adresses/{asked.id}/activer").text


def page(ground: Ground, host: str, path: str = "/", who: Any = None) -> str:
    browser = Browser(ground.app, who) if who else Browser(ground.app)
    if who:
        session = browser.client.get_cookie("session")
        browser.client.set_cookie("session", session.value, domain=host)
    answer = browser.client.get(path, headers={"Host": host})
    return str(answer.text)


def test_an_active_host_wears_its_body_s_look(ground: Ground, ines: Browser) -> None:
    look(
        ground, ines, welcome_title="Bonjour d’Autun", contact="Mairie\n03 85 86 80 00",
        footer="Ville d’Autun", legal="Édité par la ville.",
    )  # fmt: skip
    assert "Bonjour d’Autun" not in page(ground, HOST), "nobody has verified it yet"
    activate(ground, ines)
    home = page(ground, HOST)
    assert "Bonjour d’Autun" in home
    assert "c8102e" in home
    assert "03 85 86 80 00" in home
    assert "Édité par la ville." in page(ground, HOST, "/mentions-legales")
    for path in ("/aides", "/connexion", "/suivre/"):
        assert "c8102e" in page(ground, HOST, path), path
    theirs = page(ground, HOST, "/mon-espace/", ground.office.applicant)
    assert "c8102e" in theirs
    assert "Bonjour d’Autun" not in page(ground, "localhost")
    assert "Bonjour d’Autun" in page(ground, HOST + ":8080"), "whatever the port"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "demarches.autun.fr.evil.example"],
)
def test_an_unknown_host_has_the_platform_s_look(
    ground: Ground, ines: Browser, host: str
) -> None:
    look(ground, ines)
    activate(ground, ines)
    shown = page(ground, host)
    assert "c8102e" not in shown
    assert host not in shown


@pytest.mark.parametrize("host", ["xn--", "a..b", "é", "a\x01b", "." * 300])
def test_what_is_no_host_at_all_is_refused(app: Flask, host: str) -> None:
    environ = {**EnvironBuilder("/").get_environ(), "HTTP_HOST": host}
    _body, status, _headers = run_wsgi_app(app, environ)
    assert status == "400 Bad Request"


def test_letters_never_name_the_host_that_asks(ground: Ground, ines: Browser) -> None:
    activate(ground, ines)
    client = Browser(ground.app).client
    for host in (HOST, "evil.example"):
        named = {"Host": host}
        shown = client.get("/inscription", headers=named).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', shown)
        assert token
        sent = {"email": "n@atelier.example", "csrf_token": token[1]}
        assert client.post("/inscription", headers=named, data=sent).status_code < 400
    found = letters(ground.app)
    assert len(found) == 2
    for letter in found:
        assert "evil.example" not in letter["text"]
        assert HOST not in letter["text"]
        assert "http://localhost/" in letter["text"]


def test_a_stopped_host_is_the_platform_s_again(ground: Ground, ines: Browser) -> None:
    look(ground, ines)
    activate(ground, ines)
    (asked,) = brands.hosts_of(ground.office.region)
    olga = Browser(ground.app, ground.office.operator)
    olga.post(f"/exploitation/adresses/{asked.id}/arreter")
    assert "c8102e" not in page(ground, HOST)
    ines.post(address(ground, f"/adresses/{asked.id}/abandon"))
    assert brands.hosts_of(ground.office.region) == []


@pytest.mark.parametrize(
    "typed",
    ["evil.example:80/..", "https://autun.fr", "autun", "127.0.0.1", "[::1]", "*.autun.fr",
     "a b.fr", "", "x" * 300 + ".fr", "autun.fr/chemin", "<script>.fr", "autun..fr", "-a.fr"],
)  # fmt: skip
def test_what_is_no_host_is_refused(ground: Ground, ines: Browser, typed: str) -> None:
    answer = ines.post(address(ground, "/adresses"), {"host": typed})
    assert answer.status_code == 422
    assert "Adresse : donnez seulement un nom d’hôte" in answer.text
    assert brands.hosts_of(ground.office.region) == []


def test_a_host_is_had_by_one_body(ground: Ground, ines: Browser) -> None:
    ines.post(address(ground, "/adresses"), {"host": "Démarches.Autun.FR."})
    (asked,) = brands.hosts_of(ground.office.region)
    assert asked.host == "xn--dmarches-b1a.autun.fr"
    assert asked.shown == "démarches.autun.fr"
    person = people.add_person("zoe@cd21.test", "Zoé")
    people.grant(person, ground.office.department, "administrator")
    zoe = Browser(ground.app, actor_for(person))
    theirs = f"/organisation/{ground.office.department}/marque/adresses"
    for host in ("démarches.autun.fr", "localhost.fr", "localhost"):
        answer = zoe.post(theirs, {"host": host})
        assert (answer.status_code == 422) == (host != "localhost.fr"), host
    assert "est déjà prise" in zoe.post(theirs, {"host": asked.host}).text
    assert zoe.post(f"{theirs}/{asked.id}/abandon").status_code == 404, "not theirs"


@given(st.text(max_size=80))
def test_a_host_name_is_a_host_name_or_refused(typed: str) -> None:
    try:
        host = brands.host_name(typed)
    except HostRefused:
        return
    assert re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)+", host)
    assert brands.host_name(host) == host


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("logo.svg", SVG, "doit être une image PNG, JPEG, WebP ou GIF"),
        ("logo.png", SVG, "doit être une image PNG, JPEG, WebP ou GIF"),
        ("logo.png", b"", "doit être une image PNG, JPEG, WebP ou GIF"),
        ("logo.png", b"\x89PNG" + b"0" * 3_000_000, "dépasse 2 Mo"),
    ],
)
def test_only_an_image_becomes_the_logo(
    ground: Ground, ines: Browser, name: str, content: bytes, sentence: str
) -> None:
    answer = ines.post(address(ground, "/logo"), {"logo": (BytesIO(content), name)})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_logo_is_drawn_anew_and_shown(ground: Ground, ines: Browser) -> None:
    drawn = BytesIO()
    Image.new("RGB", (900, 300), "red").save(drawn, "PNG", pnginfo=None)
    sent = drawn.getvalue() + b"<script>"
    ines.post(address(ground, "/logo"), {"logo": (BytesIO(sent), "logo.png")})
    activate(ground, ines)
    assert f"/organisations/{ground.office.region}/logo.png" in page(ground, HOST)
    shown = Browser(ground.app).get(f"/organisations/{ground.office.region}/logo.png")
    assert b"<script>" not in shown.data
    ines.post(address(ground, "/logo"), {"_remove": "1"})
    assert "logo.png" not in page(ground, HOST)


def test_texts_are_only_texts(ground: Ground, ines: Browser) -> None:
    hostile = "<img src=x onerror=alert(1)>{{ 7*7 }}\nligne"
    look(ground, ines, **dict.fromkeys(brands.TEXTS, hostile))
    activate(ground, ines)
    for path in ("/", "/mentions-legales"):
        shown = page(ground, HOST, path)
        assert "<img src=x" not in shown
        assert "49" not in re.sub(r'content="[^"]*"|value="[^"]*"|\d{3,}', "", shown)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"colour": "rouge"}, "Couleur : écrivez-la ainsi"),
        ({"colour": "#12345"}, "Couleur : écrivez-la ainsi"),
        ({"colour": "red;}body{display:none"}, "Couleur : écrivez-la ainsi"),
        ({"colour": "#003399", "footer": "x" * 301}, "Pied de page : 300 caractères"),
    ],
)
def test_what_is_wrong_is_told_and_typed_again(
    ground: Ground, ines: Browser, sent: dict[str, str], sentence: str
) -> None:
    answer = ines.post(address(ground), {"welcome_title": "Gardé", **sent})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Gardé" in answer.text
    assert brands.texts(ground.office.region)["welcome_title"] == ""


def test_a_preview_keeps_nothing(ground: Ground, ines: Browser) -> None:
    shown = ines.post(
        address(ground), {"colour": "#f2a900", "_preview": "1", "footer": "F"}
    )
    assert "f2a900 seule ne se lirait pas" in shown.text
    assert "F</textarea>" in shown.text
    assert brands.texts(ground.office.region)["footer"] == ""
    style = Browser(ground.app).get("/theme/apercu/f2a900.css")
    assert style.mimetype == "text/css"
    assert ":root" not in style.text, "nothing of the page but its previews"
    assert Browser(ground.app).get("/theme/apercu/f2a900}x.css").status_code == 404


@given(st.integers(0, 0xFFFFFF))
def test_every_colour_can_be_read(number: int) -> None:
    for shade in theme.shades(f"#{number:06x}").values():
        assert shade.fill_contrast >= 4.5
        assert shade.text_contrast >= 4.5


@pytest.mark.parametrize(("colour", "name"), [*product(COLOURS, ["light", "dark"])])
def test_the_colours_of_bodies_can_be_read(colour: str, name: str) -> None:
    shade = theme.shades(colour)[name]
    assert min(shade.fill_contrast, shade.text_contrast) >= 4.5
    assert shade.fill in theme.css(colour)


def test_the_catalogue_begins_with_the_body_s_own(ground: Ground, ines: Browser) -> None:
    activate(ground, ines)
    shown = page(ground, HOST, "/aides")
    assert "Parmi les démarches de Région." in shown
    assert "Parmi toutes les aides." in page(ground, HOST, "/aides?toutes=1")
    assert "Parmi" not in page(ground, "localhost", "/aides")


def test_hosts_cost_no_query_once_read(ground: Ground, ines: Browser) -> None:
    activate(ground, ines)
    page(ground, HOST)
    with statements(ground.app) as sent:
        page(ground, HOST)
    assert [s for s, _ in selects(sent) if "brand_host" in s] == []


def test_two_bodies_that_ask_at_once_have_one_answer(ground: Ground) -> None:
    region = actor_for(people.add_person("ines@region.test", "Inès"))
    people.grant(region.person_id, ground.office.region, "administrator")
    first = actor_for(region.person_id)
    one = commands.ask_host(ground.office.region, HOST, actor=first)
    assert commands.ask_host(ground.office.region, HOST, actor=first) == one
    db.session.rollback()
