"""Pages as people meet them: strict HTML, complete without JavaScript, tied together."""

from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask, render_template, request
from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader, StrictUndefined

from forms import TEMPLATES, Form, FormRefused, compile_form
from tests.forms.making import (
    PDF,
    REQUIRED,
    ask,
    choice,
    form,
    group,
    hide,
    many,
    sample,
    source,
    text,
)
from tests.forms.test_reading import ANSWERS

PAGE = """{% import "forms/form.html" as form_macros %}<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>Essai</title></head><body><main>
<h1>Essai</h1>
{{ form_macros.steps(view, step_url) }}
{{ form_macros.summary(view) }}
<form method="post" enctype="multipart/form-data" novalidate>
{{ form_macros.page(view) }}
{{ form_macros.buttons(view) }}
</form>
{{ form_macros.recap(recap, step_url) }}
</main></body></html>"""


def app_for(made: Form, values: dict[str, Any] | None = None) -> Flask:
    """The smallest application: it shows a page, reads it, shows it again."""
    app = Flask(__name__)
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(TEMPLATES), DictLoader({"page.html": PAGE})]
    )
    app.jinja_env.undefined = StrictUndefined
    kept = dict(values or {})

    @app.route("/<int:page>", methods=["GET", "POST"])
    def fill(page: int) -> str:
        reading = None
        if request.method == "POST":
            submitted = {name: request.form.getlist(name) for name in request.form}
            reading = made.read(submitted, previous=kept, page=page)
            kept.clear()
            kept.update(reading.values)
        view = made.view(
            page, kept, reading=reading, file_url=lambda file: f"/fichiers/{file['sha256']}"
        )
        return render_template(
            "page.html", view=view, recap=made.recap(kept), step_url=lambda at: f"/{at}"
        )

    return app


def parsed(html: str) -> Any:
    """The tree of a page, whose HTML has no error."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def attributes(tree: Any, name: str) -> list[str]:
    return [element.attrib[name] for element in tree.iter() if name in element.attrib]


def coherent(tree: Any) -> None:
    """Ids are unique; every reference to one is kept; every field has a name to be read."""
    ids = attributes(tree, "id")
    assert len(ids) == len(set(ids)), sorted(each for each in ids if ids.count(each) > 1)
    pointed = attributes(tree, "for")
    for name in ("aria-describedby", "aria-labelledby"):
        pointed += [each for found in attributes(tree, name) for each in found.split()]
    pointed += [href[1:] for href in attributes(tree, "href") if href.startswith("#")]
    assert set(pointed) <= set(ids), set(pointed) - set(ids)
    labelled = set(attributes(tree, "for"))
    for kind in ("input", "select", "textarea"):
        for element in tree.iter(kind):
            if element.attrib.get("type") != "hidden":
                assert element.attrib["id"] in labelled, element.attrib
    for fieldset in tree.iter("fieldset"):
        assert fieldset.find("legend") is not None
    for element in tree.iter():
        assert not {"style", "onclick", "onchange"} & set(element.attrib)
    assert not list(tree.iter("script"))
    assert not list(tree.iter("style"))


@pytest.mark.parametrize("values", [{}, ANSWERS], ids=["empty", "filled"])
@pytest.mark.parametrize("page", range(7))
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_of_a_real_form_is_strict_html(values, page, method):
    client = app_for(sample(), values).test_client()
    answer = client.open(f"/{page}", method=method)
    tree = parsed(answer.text)
    coherent(tree)
    if method == "post":
        alerts = [e for e in tree.iter() if e.attrib.get("role") == "alert"]
        assert alerts[0].attrib["tabindex"] == "-1"


EVERYTHING = [
    {"type": "text", "text": "# Titre\n\n<b>non</b> **oui** [lien](https://exemple.fr)"},
    text("un", 'Un & "deux"', validate=REQUIRED, description="<Aide>"),
    ask("textarea", "long"),
    ask("number", "montant", ebg_type="montant"),
    ask("number", "poids", appearance={"prefixAdorner": "env.", "suffixAdorner": "kg"}),
    ask("datetime", "jour", subtype="date"),
    ask("datetime", "moment", subtype="datetime"),
    ask("checkbox", "coche", validate=REQUIRED),
    choice("radio", "rond", "a", "b", validate=REQUIRED),
    choice("select", "liste"),
    choice("checklist", "cases", validate=REQUIRED),
    choice("taglist", "mots"),
    ask("select", "rien", valuesExpression="=absent"),
    ask("radio", "vide", valuesExpression="=absent"),
    text("pays", ebg_type="pays"),
    text("courriel", ebg_type="email"),
    text("tel", ebg_type="telephone"),
    text("fixe", readonly=True, defaultValue="fixe"),
    ask("checkbox", "fixee", readonly=True),
    choice("radio", "rond_fixe", readonly=True),
    ask("filepicker", "fichiers", multiple=True, accept=".pdf,.jpg", validate=REQUIRED),
    ask("filepicker", "fichier_fixe", disabled=True),
    {"type": "separator"},
    {"type": "expression", "key": "total", "expression": "=montant * 2",
     "properties": {"ebg:label": "Total", "ebg:type": "montant"}},
    group("Groupe", text("dedans"), path="g"),
    many("lignes", text("quoi", validate=REQUIRED), many("sous", text("x"))),
]  # fmt: skip


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_widget_is_strict_html(method):
    made = form(*EVERYTHING)
    client = app_for(made, {"fichiers": [PDF], "montant": 12.5}).test_client()
    html = client.open("/0", method=method, data={"lignes.0.quoi": ""}).text
    coherent(parsed(html))
    assert "<b>non</b>" not in html
    assert "&lt;Aide&gt;" in html
    assert ">Non calculé<" in html if method == "post" else "25,00" in html


def test_an_error_is_tied_to_its_field_and_to_the_summary():
    client = app_for(form(text("un", "Un"), choice("radio", "rond"))).test_client()
    html = client.post("/0", data={"un": "a\x00", "rond": "z"}).text
    tree = parsed(html)
    coherent(tree)
    field = next(e for e in tree.iter("input") if e.attrib.get("name") == "un")
    assert field.attrib["aria-invalid"] == "true"
    assert field.attrib["aria-describedby"] == "f-un-error"
    links = [e.attrib["href"] for e in tree.iter("a")]
    assert "#f-un" in links
    assert "#f-rond" in links
    assert "2 points sont à corriger" in html


def test_what_was_typed_wrong_is_shown_again():
    client = app_for(form(ask("number", "age", "Âge"))).test_client()
    assert (
        'value="&#34;vingt&#34; ans"' in client.post("/0", data={"age": '"vingt" ans'}).text
    )


def test_what_is_required_is_said_in_words():
    html = app_for(form(text(validate=REQUIRED), text("r"))).test_client().get("/0").text
    assert html.count("(obligatoire)") == 1
    assert html.count("(facultatif)") == 1
    assert " required" not in html


def test_enter_presses_the_button_that_goes_on():
    made = form(group("Un", many("d", text())), group("Deux", text("b")))
    client = app_for(made).test_client()
    for page, name in ((0, "_next"), (1, "_submit")):
        first = next(iter(parsed(client.get(f"/{page}").text).iter("button")))
        assert first.attrib["name"] == name


def test_rows_come_and_go_without_javascript():
    client = app_for(form(many("d", ask("number", "m")))).test_client()
    assert client.get("/0").text.count('name="d.0.m"') == 1
    added = client.post("/0", data={"_rows:d": "1", "d.0.m": "7", "_add:d": "1"}).text
    assert 'name="d.1.m"' in added
    assert 'value="7"' in added
    gone = client.post(
        "/0", data={"_rows:d": "2", "d.0.m": "7", "d.1.m": "8", "_del:d:0": ""}
    )
    assert 'value="8"' in gone.text
    assert 'name="d.1.m"' not in gone.text
    none = client.post("/0", data={"_rows:d": "1", "d.0.m": "8", "_del:d:0": "1"}).text
    assert "Aucune ligne." in none
    coherent(parsed(none))


def test_a_question_on_which_others_depend_says_so():
    made = form(text("a"), text("b", conditional=hide('a = "x"')))
    view = made.view(0, {})
    assert [item.refreshes for item in view.items] == [True, False]
    assert view.refreshable
    assert not form(text("a")).view(0, {}).refreshable


def test_a_text_shows_what_is_computed_and_nothing_more():
    made = form(
        {"type": "text", "text": "Total : **{{ total }}** pour {{ nom }}, le {{ jour }}."},
        {"type": "text", "text": '="Bonjour " + nom'},
        text("nom"),
        ask("number", "m"),
        ask("datetime", "jour", subtype="date"),
        {"type": "expression", "key": "total", "expression": "=m * 2"},
    )
    evil = "[x](javascript:alert(1)) <img src=x> **gras** `{{ m }}`"
    view = made.view(0, {"nom": evil, "m": 617.25, "jour": "2026-11-21"})
    html = str(view.items[0].html) + str(view.items[1].html)
    assert "<strong>1&nbsp;234,5</strong>" in html
    assert "le 21/11/2026." in html
    assert "<a" not in html
    assert "<img" not in html
    assert "<code>" not in html
    assert "**gras**" in html
    parsed(f"<!DOCTYPE html><html lang=fr><title>x</title><body>{html}</body></html>")


@pytest.mark.parametrize(
    "written",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,a)",
        "![x](https://exemple.fr/x.png)",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_designer_cannot_write_anything_dangerous(written):
    html = str(form({"type": "text", "text": written}, text()).view(0, {}).items[0].html)
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html


def test_defaults_are_proposed_once():
    made = form(text(defaultValue="proposé"), many("d", text("x"), defaultRepetitions=2))
    view = made.view(0, {})
    assert view.items[0].value == "proposé"
    assert len(view.items[1].rows) == 2
    assert made.view(0, {"q": None, "d": []}).items[0].value == ""


def test_pages_follow_one_another_past_the_hidden_ones():
    made = form(
        group("Un", text("a")),
        group("Deux", text("b"), conditional=hide('a = "x"')),
        group("Trois", text("c")),
    )
    view = made.view(0, {"a": "x"})
    assert ([step.label for step in view.steps], view.next) == (["Un", "Trois"], 2)
    last = made.view(2, {"a": "x"})
    assert (last.number, last.previous, last.next) == (2, 0, None)


def test_a_code_says_what_it_stands_for():
    made = form(text(ebg_type="commune"))
    view = made.view(0, {"q": "21054"}, lookups={"commune": {"21054": "Beaune"}.get})
    assert (view.items[0].value, view.items[0].hint) == ("21054", "21054 : Beaune.")


def test_the_macros_live_where_the_web_looks():
    assert Path(TEMPLATES, "forms/form.html").is_file()
    with pytest.raises(FormRefused):
        compile_form(source())
