"""The public pages of the catalogue: found without a script, safe whatever a sheet holds."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import html5lib
import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po
from flask import Flask

from engine import clock
from engine.commands import people
from tests.conftest import ROOT, build, close, environment, reference
from tests.web.visitor import Visitor
from tests.workflows.grants.aid_samples import communes_file, csv_of
from web.portal import catalogue, sheets
from workflows import publication
from workflows.grants.aid_import import import_aids
from workflows.grants.aid_search import search

ONLINE = {"demarche_en_ligne": "grants.investment_aid"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = build(environment(tmp_path))
    app.config["COMMUNES_FILE"] = communes_file(tmp_path)
    if "catalogue" not in app.blueprints:
        app.register_blueprint(catalogue.bp)
    with app.app_context():
        yield app
    close(app)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def bring(*rows: dict[str, str]) -> None:
    assert not import_aids(io.BytesIO(csv_of(*rows)), origin="essai").refused


def address_of(title: str) -> str:
    return f"/aides/{search(text=title).aids[0].slug}"


def test_the_search_page_shows_cards_and_what_to_ask_next(visitor: Visitor) -> None:
    bring(
        {"id": "A1", "titre": "Acheter une machine", "montant": "30 %", **ONLINE},
        {
            "id": "A2",
            "titre": "Recruter",
            "types_aides": "prêt",
            "besoins": "Emploi",
            "promesse": "Embauchez",
        },
    )
    page = visitor.get("/aides")
    assert page.status_code == 200
    assert "2 aides" in page.text
    assert page.text.index("Acheter une machine") < page.text.index(">Recruter<")
    assert page.text.count("Demande en ligne ici") == 1
    assert "type=pr%C3%AAt" in page.text
    assert "theme=Emploi" in page.text
    machine = visitor.get("/aides?besoin=machines")
    assert "Une aide" in machine.text
    assert "30 %" in machine.text
    assert ">Recruter<" not in machine.text
    assert 'value="machines"' in machine.text
    only = visitor.get("/aides?en_ligne=1")
    assert ">Recruter<" not in only.text


def test_the_policy_and_the_markup_stay_strict(visitor: Visitor) -> None:
    bring({**ONLINE, "besoins": "Emploi"})
    for address in ("/aides", "/aides?besoin=rien&type=x", address_of("investissement")):
        page = visitor.get(address)
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert " style=" not in page.text
        assert " onclick=" not in page.text


def test_a_commune_with_namesakes_is_chosen_from_a_list(visitor: Visitor) -> None:
    bring(
        {"id": "A1"},
        {"id": "A2", "titre": "Ailleurs", "eligibilite_geographique": "DEP-05"},
    )
    doubt = visitor.get("/aides?commune=saint&besoin=")
    assert "Plusieurs communes répondent à « saint »" in doubt.text
    assert 'aria-invalid="true"' in doubt.text
    assert "commune=Saint-Apollinaire+(05160)#resultats" in doubt.text
    chosen = visitor.get("/aides?commune=Saint-Apollinaire+(05160)")
    assert "pour Saint-Apollinaire (05160)" in chosen.text
    assert "Ailleurs" in chosen.text
    assert "Aide à l’investissement" not in chosen.text
    assert "pour Dijon (21000)" in visitor.get("/aides?commune=dijon").text
    nowhere = visitor.get("/aides?commune=xyzzy")
    assert "Aucune commune ne répond à « xyzzy »" in nowhere.text
    assert "2 aides" in nowhere.text


def test_without_the_list_of_communes_the_search_still_works(
    app: Flask, visitor: Visitor, tmp_path: Path
) -> None:
    app.config["COMMUNES_FILE"] = tmp_path / "absent.json"
    bring({})
    assert "Une aide" in visitor.get("/aides?commune=dijon").text
    assert visitor.get("/communes?q=dijon").get_json() == []


def test_what_means_nothing_is_said_beside_its_field(visitor: Visitor) -> None:
    bring({})
    page = visitor.get("/aides?ape=xx&effectif=beaucoup&activite=%C3%A9&page=zz")
    assert "Un code APE a quatre chiffres et une lettre" in page.text
    assert "Indiquez l’effectif en chiffres" in page.text
    assert page.text.count('aria-invalid="true"') == 2
    assert "Une aide" in page.text
    assert visitor.get("/aides?effectif=" + "9" * 190).status_code == 200
    assert visitor.get("/aides?page=" + "9" * 190).status_code == 200
    assert (
        visitor.get("/aides?besoin=%00%ff'%22%25&type=%00&commune=%00").status_code == 200
    )
    assert visitor.get("/aides?effectif=%C2%B2").status_code == 200  # a superscript two


def test_nothing_found_offers_what_would_find(visitor: Visitor) -> None:
    bring({"titre": "Acheter une machine", "types_aides": "subvention"})
    page = visitor.get("/aides?besoin=machine&type=pr%C3%AAt&activite=C")
    assert "Aucune aide ne répond à tout cela" in page.text
    assert "Sans « prêt »" in page.text
    assert "/aides?besoin=machine&amp;activite=C#resultats" in page.text
    assert "Sans « machine »" not in page.text  # that would find nothing either


def test_words_met_in_part_are_said_so(visitor: Visitor) -> None:
    bring({"titre": "Acheter une machine"})
    page = visitor.get("/aides?besoin=machine+intergalactique")
    assert "Aucune aide ne contient tous vos mots" in page.text
    assert "Acheter une machine" in page.text


def test_pages_are_linked(visitor: Visitor) -> None:
    bring(*({"id": f"A{n}", "titre": f"Aide {n:02}"} for n in range(45)))
    first = visitor.get("/aides?type=subvention")
    assert "/aides?type=subvention&amp;page=2#resultats" in first.text
    last = visitor.get("/aides?type=subvention&page=3")
    assert last.text.count('class="card ebg-card-link') == 5
    assert "page 3" in last.text


def test_a_sheet_says_everything(visitor: Visitor) -> None:
    bring(
        {
            **ONLINE,
            "titre": "Prêt vert",
            "description": "# Titre\n\nUn **prêt** : https://site.example/a?b=1.\n- un\n- deux",
            "eligibilite_geographique": "COM-21231|DEP-999",
            "eligibilite_geographique_exclusions": "COM-71270",
            "ciblage_naf": "C|56.1",
            "eligibilite_effectif_minimal": "2",
            "eligibilite_effectif_maximal": "49",
            "eligibilite_annees_existence_minimal": "3",
            "date_cloture": (clock.today() + timedelta(days=90)).isoformat(),
            "contact": "aide@region.example",
            "montant": "10 000 €",
            "base_juridique": '[{"libelle": "Règlement", "lien": "javascript:alert(1)"}]',
        }
    )
    page = visitor.get(address_of("prêt vert")).text
    for told in (
        "<strong>prêt</strong>",
        "<h3>Titre</h3>",
        '<a href="https://site.example/a?b=1" rel="noopener nofollow">',
        "<li>deux</li>",
        "Dijon (21000), DEP-999, sauf Mâcon (71000)",
        "Industrie manufacturière ; 56.1",
        "De 2 à 49 salariés",
        "3 ans au moins",
        "mailto:aide@region.example",
        "10 000 €",
        "Règlement",
        "Région",
    ):
        assert told in page
    assert "javascript:" not in page
    assert page.count("<h1>") == 1


def test_a_request_is_offered_when_it_can_be_made(app: Flask, visitor: Visitor) -> None:
    later = (clock.today() + timedelta(days=2)).isoformat()
    bring(
        {"id": "A1", **ONLINE},
        {"id": "A2", "titre": "Plus tard", "date_ouverture": later, **ONLINE},
    )
    assert "Déposer une demande" not in visitor.get(address_of("investissement")).text
    region = people.add_organisation("member", "Région", slug="region")
    key = ONLINE["demarche_en_ligne"]
    publication.publish(
        key, publication.read_folder(publication.folders()[key]), owner_id=region
    )
    page = visitor.get(address_of("investissement")).text
    assert "Déposer une demande" in page
    assert "grants.investment_aid" in page
    not_yet = visitor.get(address_of("plus tard")).text
    assert "Déposer une demande" not in not_yet
    assert "Ouvre le" in not_yet


def test_a_closed_aid_says_so_and_one_that_never_was_is_not_found(visitor: Visitor) -> None:
    bring({"titre": "Fonds éphémère", "date_cloture": clock.today().isoformat()})
    address = address_of("fonds éphémère")
    assert visitor.get(address).status_code == 200
    clock.advance(timedelta(days=1))
    page = visitor.get(address)
    assert page.status_code == 404
    assert "Cette aide n’est plus proposée" in page.text
    assert "Chercher des aides semblables" in page.text
    assert visitor.get("/aides/jamais-vue").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "<a href='data:text/html,x' onclick=alert(1)>x</a>",
        "<svg><style><!--</style><img src=x onerror=alert(1)>",
        "<iframe src=//evil.example></iframe>",
        '<p style="position:fixed">x</p>',
        "&#x6A;avascript:alert(1)",
        '<https://x.example/"onmouseover=alert(1)>',
        'https://x.example/"><script>alert(1)</script>',
        "[a]: javascript:alert(1)\n[a]",
        "> " * 5000 + "profond",
        "*" * 20_000,
        "[" * 20_000,
    ],
    ids=lambda text: text[:20],
)
def test_no_text_of_a_sheet_runs(text: str) -> None:
    tree = html5lib.parseFragment(str(sheets.html(text)), namespaceHTMLElements=False)
    for element in tree.iter():
        if element is tree:
            continue
        assert element.tag in sheets.TAGS
        assert set(element.attrib) <= {"href", "rel"}
        assert element.get("href", "https:").startswith(
            ("http:", "https:", "mailto:", "tel:")
        )


def test_titles_and_contacts_are_told_as_they_are(visitor: Visitor) -> None:
    bring({"titre": "Aide <b>grasse</b>", "contact": "<script>x</script>"})
    page = visitor.get(address_of("grasse")).text
    assert "Aide &lt;b&gt;grasse&lt;/b&gt;" in page
    assert "<script>x" not in page


def test_communes_answer_in_json_and_as_options(visitor: Visitor) -> None:
    answer = visitor.get("/communes?q=dij")
    assert answer.get_json() == [
        {"code": "21231", "label": "Dijon (21000)", "name": "Dijon"}
    ]
    assert "HX-Request" in answer.headers["Vary"]
    options = visitor.client.get("/communes?commune=dij", headers={"HX-Request": "true"})
    assert options.text == '<option value="Dijon (21000)"></option>'
    assert visitor.get("/communes").get_json() == []
    assert visitor.get("/communes?q=" + "%" * 5000).get_json() == []


def test_communes_are_asked_at_a_human_pace(app: Flask, visitor: Visitor) -> None:
    answers = {visitor.client.get("/communes?q=d").status_code for _ in range(130)}
    assert answers == {200, 429}


def test_the_real_catalogue_is_strict_html(visitor: Visitor) -> None:
    export = reference("grants/aides/data_gouv_export.csv")
    with export.open("rb") as stream:
        import_aids(stream, origin="data.gouv.fr")
    found = search()
    for number in range(1, found.pages + 1):
        assert visitor.get(f"/aides?page={number}").status_code == 200
        for aid in search(page=number).aids[::3]:  # one in three: the whole takes a while
            assert visitor.get(f"/aides/{aid.slug}").status_code == 200


def test_the_demonstration_can_be_read_in_english(visitor: Visitor) -> None:
    bring({"titre": "Prêt vert", **ONLINE})
    visitor.post("/preferences", {"locale": "en_GB"})
    assert "One aid" in visitor.get("/aides").text
    assert "Conditions to meet" in visitor.get(address_of("prêt")).text


def test_every_sentence_of_the_catalogue_has_its_english() -> None:
    english: set[Any] = set()
    for name in ("shell", "catalogue"):
        with (ROOT / f"web/translations/en/{name}.po").open("rb") as source:
            english |= {message.id for message in read_po(source) if message.string}
    files = [*(ROOT / "web/templates/portal").glob("catalogue*.html")]
    files += [ROOT / "web/portal/catalogue.py", ROOT / "web/portal/sheets.py"]
    asked: set[Any] = set()
    for file in files:
        method = "python" if file.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {"trim_blocks": "true", "lstrip_blocks": "true"}
        with file.open("rb") as source:
            for _line, message, *_ in extract(
                method, source, keywords=DEFAULT_KEYWORDS, options=options
            ):
                asked.add(message if isinstance(message, str) else tuple(message[:2]))
    assert asked
    assert not asked - english
