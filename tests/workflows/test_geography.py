"""Communes are found by what people type: names without accents, postcodes, both."""

from pathlib import Path

import pytest

from tests.workflows.grants.aid_samples import COMMUNES, DIJON, LYON, communes_file
from workflows.geography import Communes, load, load_areas
from workflows.words import slug, stems

KNOWN = Communes(COMMUNES)


def names(text: str) -> list[str]:
    return [commune.name for commune in KNOWN.search(text, near="27")]


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = communes_file(tmp_path)
    assert len(load(path)) == len(COMMUNES)
    assert load(path) is load(path)
    assert load(path).find(" 21231 ") == DIJON
    assert load(path).find("99999") is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dij", "Dijon"),
        ("MACON", "Mâcon"),
        ("mâcon", "Mâcon"),
        ("saint loup geanges", "Saint-Loup-Géanges"),
        ("St-Apollinaire", "Saint-Apollinaire"),
        ("vineuse", "La Roche-Vineuse"),
        ("roche vineuse", "La Roche-Vineuse"),
        ("sens s seille", "Sens-sur-Seille"),
        ("21000", "Dijon"),
        ("21231", "Dijon"),
        ("69002", "Lyon"),
        ("Lyon (69001)", "Lyon"),
    ],
)
def test_the_best_comes_first(typed: str, found: str) -> None:
    assert names(typed)[0] == found


def test_the_region_comes_before_others_and_full_names_before_beginnings() -> None:
    assert names("saint") == [
        "Saint-Apollinaire", "Saint-Loup-Géanges", "Saint-Loup", "Saint-Apollinaire",
    ]  # fmt: skip
    assert names("saint-loup") == ["Saint-Loup", "Saint-Loup-Géanges"]
    assert names("chalon") == ["Chalon-sur-Saône", "Chalon"]
    assert names("saint 39") == ["Saint-Loup"]
    assert names("71100") == ["Chalon-sur-Saône", "La Charmée"]


@pytest.mark.parametrize("typed", ["", " ", "!!", "zzz", "%", "'", "71999", "Dijon 58"])
def test_what_means_nothing_finds_nothing(typed: str) -> None:
    assert names(typed) == []
    assert KNOWN.resolve(typed) is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("dijon", "21231"),
        ("Dijon (21000)", "21231"),
        ("saint-apollinaire", "21540"),  # the one of the region
        ("Saint-Apollinaire 05", "05130"),
        ("sens", "89387"),
        ("chalon", None),  # the small one of Isère, or the large one nearby?
        ("Chalon (38122)", "38065"),
        ("saint-loup", None),
        ("71100", None),
        ("saint", None),
    ],
)
def test_a_commune_is_named_without_doubt_or_not_at_all(
    typed: str, found: str | None
) -> None:
    commune = KNOWN.resolve(typed, near="27")
    assert (commune.code if commune else None) == found


def test_every_label_names_its_commune() -> None:
    for commune in COMMUNES:
        assert KNOWN.resolve(commune.label, near="27") == commune


def test_areas_hold_their_communes() -> None:
    assert DIJON.areas == {"PAYS-99100", "REG-27", "DEP-21", "EPCI-242100410", "COM-21231"}
    papeete = KNOWN.find("98735")
    assert papeete
    assert "COM-987" in papeete.areas
    assert "REG-27" not in LYON.areas


def test_areas_have_names(tmp_path: Path) -> None:
    path = tmp_path / "territories.json"
    path.write_text('{"regions": {"27": "BFC"}, "departements": {"2A": "Corse-du-Sud"}}')
    assert load_areas(path) == {
        "PAYS-99100": "France entière", "REG-27": "BFC", "DEP-2A": "Corse-du-Sud",
    }  # fmt: skip


@pytest.mark.parametrize(
    "alike",
    [
        "investissement investissements investir L’INVESTISSEMENT",
        "énergie énergies energie énergétique énergétiques",
        "rénover rénovation rénovations",
        "recruter recrutement",
        "hôtel hôtels hôtellerie",
        "travail travaux",
        "matériel matériaux",
        "créer création créateur",
        "réseau réseaux",
        "développement développer",
        "cœur cœurs",
    ],
)
def test_words_of_one_family_have_one_stem(alike: str) -> None:
    assert len(stems(alike)) == 1


def test_empty_words_addresses_and_marks_are_no_words() -> None:
    assert stems("Je cherche une aide pour de l’") == []
    assert stems("voir <b class='x'>ici</b> https://site.example/page [lien](http://x)") == [
        "voir", "ici", "lien",
    ]  # fmt: skip
    assert stems("form") != stems("pret")


def test_slugs_hold_in_an_address() -> None:
    assert slug("Aide à l’œuvre : « 100 % » !") == "aide-a-l-oeuvre-100"
    assert slug("…") == ""
