"""The catalogue of aids: what a file brings in, and what a search finds, on both databases."""

import io
import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from engine import clock
from engine.models import db
from tests.conftest import reference
from tests.workflows.grants.aid_samples import DIJON, LYON, MACON, NEVERS, csv_of
from workflows.grants import aid_index, aids
from workflows.grants.activities import SECTIONS, levels
from workflows.grants.aid_import import Report, import_aids
from workflows.grants.aid_search import Found, search
from workflows.grants.aids import Aid, AidSet

DEMO = Path(aids.__file__).parent / "demo_aids.csv"


def bring(*rows: dict[str, str], complete: bool = False, **options: Any) -> Report:
    stream = io.BytesIO(csv_of(*rows, **options))
    return import_aids(stream, origin="essai", complete=complete)


def refusals(content: bytes) -> list[tuple[int, str]]:
    return import_aids(io.BytesIO(content), origin="essai").refused


def ids(found: Found) -> list[str]:
    return [aid.reference for aid in found.aids]


# What a file brings in


def test_the_real_export_enters_whole_and_once(app: Flask) -> None:
    export = reference("grants/aides/data_gouv_export.csv")
    for created, unchanged in ((190, 0), (0, 190)):
        with export.open("rb") as stream:
            report = import_aids(stream, origin="data.gouv.fr")
        assert (report.created, report.updated, report.unchanged) == (created, 0, unchanged)
        assert report.refused == []
    assert len(report.remarks) == 1  # one description of 5 182 characters
    assert "5182 caractères" in report.remarks[0][1]
    assert db.session.scalar(select(func.count()).select_from(Aid)) == 190
    energy = search(text="énergie", commune=DIJON, activity="I")
    assert 0 < energy.total < 190
    assert all(aid.is_open for aid in energy.aids)
    camping = search(text="campings indépendants", commune=DIJON).aids[0]
    assert camping.title == "Aide aux campings indépendants de Bourgogne-Franche-Comté"
    assert search(text="campings indépendants", commune=LYON).widened


def test_the_schema_s_own_example_enters(app: Flask) -> None:
    example = reference("grants/schemas/dispositif-aide-professionnels.exemple.csv")
    report = import_aids(io.BytesIO(example.read_bytes()), origin="exemple")
    assert (report.created, report.refused) == (1, [])
    aid = db.session.scalars(select(Aid)).one()
    assert aid.funders == ["ADEME", "BPIFRANCE (BPIFRANCE)"]
    assert (aid.min_workforce, aid.max_workforce, aid.min_years) == (10, 249, 2)
    assert aid.sheet["legal_basis"][0]["label"] == "Arrêté n° 123456"


def test_the_demonstration_s_aids_enter(app: Flask) -> None:
    report = import_aids(io.BytesIO(DEMO.read_bytes()), origin="démonstration")
    assert (report.created, report.refused, report.remarks) == (12, [], [])
    bound = db.session.scalars(select(Aid).where(Aid.procedure_key.is_not(None))).all()
    assert [aid.procedure_key for aid in bound] == ["grants.investment_aid"]
    asked = search(text="acheter une machine", commune=DIJON, activity="25.62B")
    assert asked.aids[0] == bound[0]


@pytest.mark.parametrize(
    "options", [{}, {"delimiter": ";"}, {"encoding": "utf-8-sig"}], ids=str
)
def test_commas_semicolons_and_marks_are_read(app: Flask, options: dict[str, str]) -> None:
    quoted = {"description": 'Deux lignes,\n"citées" ; ici', "id": "A2"}
    assert bring({}, quoted, **options).created == 2
    told = db.session.scalars(select(Aid).where(Aid.reference == "A2")).one().description
    assert told == quoted["description"]


def test_a_changed_sheet_is_updated_and_keeps_its_address(app: Flask) -> None:
    bring({"demarche_en_ligne": "grants.investment_aid"}, {"id": "A2"})
    before = db.session.scalars(select(Aid).where(Aid.reference == "A1")).one().slug
    report = bring({"titre": "Nouveau nom"}, {"id": "A2"})
    assert (report.created, report.updated, report.unchanged) == (0, 1, 1)
    aid = aids.find(before)
    assert aid
    assert aid.title == "Nouveau nom"
    assert aid.procedure_key == "grants.investment_aid"  # that file had no word on it
    assert ids(search(text="nouveau nom")) == ["A1"]
    bring({"demarche_en_ligne": ""}, {"id": "A2"})
    assert not search(online=True).total


def test_two_origins_may_use_one_identifier(app: Flask) -> None:
    for origin in ("une", "autre"):
        import_aids(io.BytesIO(csv_of({})), origin=origin)
    assert len({aid.slug for aid in search().aids}) == 2


def test_a_complete_file_withdraws_what_it_no_longer_holds(app: Flask) -> None:
    bring({"id": "A1"}, {"id": "A2"}, {"id": "A3"})
    bad = bring({"id": "A1"}, {"id": "A2", "cibles": "martiens"}, complete=True)
    assert (bad.withdrawn, search().total) == (0, 3)  # a refused row may be one of them
    assert bring({"id": "A1"}, {"id": "A2"}, complete=True).withdrawn == 1
    assert sorted(ids(search())) == ["A1", "A2"]
    back = bring({"id": "A1"}, {"id": "A2"}, {"id": "A3"}, complete=True)
    assert (back.updated, search().total) == (1, 3)


def test_bad_rows_are_told_by_line_and_column_and_the_good_are_kept(app: Flask) -> None:
    bad = {
        "titre": "",
        "eligibilite_geographique": "Bourgogne",
        "url_source": "javascript:alert(1)",
        "cibles": "martiens",
        "porteurs": "la Région",
        "date_cloture": "demain",
        "eligibilite_effectif_maximal": "beaucoup",
        "ciblage_naf": "ZZ",
    }
    report = bring({"description": "a\nb"}, {**bad, "id": "A2"}, {"id": "A3"}, {"id": "A1"})
    assert report.created == 2
    (line, told), (last, twice) = report.refused
    assert (line, last) == (4, 6)
    for column in bad:
        assert f"Colonne « {column} » :" in told
    assert "déjà lu à la ligne 2" in twice


HOSTILE: list[tuple[dict[str, str], str]] = [
    ({"titre": "a\0b"}, "caractère de contrôle interdit (U+0000)"),
    ({"titre": "a\x1bb"}, "caractère de contrôle interdit (U+001B)"),
    ({"titre": '=HYPERLINK("http://x")'}, "une formule de tableur (« = »)"),
    ({"contact": "@SUM(A1)"}, "une formule de tableur (« @ »)"),
    ({"titre": "x" * 301}, "301 caractères, 300 au plus"),
    ({"description": "x" * 200_000}, "une cellule est démesurée"),
    ({"porteurs": "[" * 10_000}, "liste JSON attendue"),
    ({"porteurs": '[{"nom": 3}]'}, "chaque élément doit avoir un « nom »"),
    ({"porteurs": '[{"nom": "X", "siren": "12"}]'}, "n’est pas un SIREN"),
    ({"date_cloture": "0001-01-01"}, "n’est pas une date"),
    ({"date_ouverture": "2026-02-01", "date_cloture": "2026-01-01"}, "précède"),
    (
        {
            "eligibilite_effectif_minimal": "9",
            "eligibilite_effectif_maximal": "3",
        },
        "le maximum est sous le minimum",
    ),
    ({"demarche_en_ligne": "../evil"}, "n’est pas la clé d’une démarche"),
]


def test_hostile_cells_are_refused_and_the_next_row_is_kept(app: Flask) -> None:
    rows = [{"id": f"B{n}", **cells} for n, (cells, _told) in enumerate(HOSTILE)]
    report = bring(*rows, {"id": "good"})
    assert ids(search()) == ["good"]
    for line, (told, (_cells, expected)) in enumerate(
        zip(report.refused, HOSTILE, strict=True), start=2
    ):
        assert told[0] == line
        assert expected in told[1]


def test_hostile_files_are_refused_with_their_cause(app: Flask) -> None:
    assert refusals(b"") == [(1, "Le fichier est vide.")]
    assert "Colonnes absentes : id, titre" in refusals(b"a,b,c\n1,2,3\n")[0][1]
    assert "UTF-8" in refusals(csv_of({}, encoding="utf-16"))[0][1]
    assert "« titre » : des caractères" in refusals(csv_of({}, encoding="cp1252"))[0][1]
    assert "en double : titre" in refusals(b"titre," + csv_of({}))[0][1]
    assert "14 cellules lues, 13 attendues" in refusals(csv_of({})[:-2] + b",x\r\n")[0][1]
    huge = csv_of({"description": "x" * 10_000_000}, {"id": "A2"})
    assert import_aids(io.BytesIO(huge), origin="grand").created == 1
    unclosed = csv_of({}) + b'"A2,' + b"une ligne sans guillemet\r\n" * 9_000
    assert "un guillemet n’est pas refermé" in refusals(unclosed)[0][1]
    assert refusals(bytes(range(256)) * 1000)


def test_a_file_all_wrong_does_not_fill_the_screen(app: Flask) -> None:
    report = bring(*({"id": f"A{n}", "titre": ""} for n in range(600)))
    assert (len(report.refused), report.unlisted, report.created) == (500, 100, 0)


def test_what_a_publisher_writes_in_its_texts_is_understood(app: Flask) -> None:
    bring(
        {
            "description": "Bien.\n\nProjets liés au dispositif d'aide :\nIsolation\nPompe\n\n"
            "Montant de l'aide ou cout: 3 000 €\n\n"
            "Contact public pour les questions sur le dispositif: aide@x.example",
            "eligibilite": "Secteurs principalement concernés par le dispositif : C|I",
        }
    )
    aid = search(activity="C").aids[0]
    assert (aid.amount, aid.contact) == ("3 000 €", "aide@x.example")
    assert aid.sheet["needs"] == ["Isolation", "Pompe"]
    assert not search(activity="A").total


# What a search finds


def test_words_meet_their_family_and_the_title_weighs_most(either_app: Flask) -> None:
    bring(
        {"id": "body", "description": "Pour rénover l’énergie."},
        {"id": "title", "titre": "Rénovation énergétique"},
        {"id": "promise", "promesse": "Rénovez votre énergie"},
        {"id": "need", "besoins": "Rénovations|Énergies"},
        {"id": "half", "titre": "Rénovation"},
    )
    for typed in ("rénovation énergétique", "RENOVER des ENERGIES !", "l’énergie, rénovée"):
        found = search(text=typed)
        assert ids(found) == ["title", "need", "promise", "body"]
        assert not found.widened


def test_quotes_and_percent_signs_are_harmless(either_app: Flask) -> None:
    bring({"titre": "Autre chose"})
    for typed in ("'; DROP TABLE aid; --", '"%_\\', "%", "_", "\0", "é" * 5000):
        found = search(text=typed, kind=typed, need=typed, activity=typed)
        assert found.total == 0
    assert search().total == 1


def test_no_sheet_with_all_the_words_shows_those_with_some(either_app: Flask) -> None:
    bring({"id": "A1", "titre": "Exportation"}, {"id": "A2", "titre": "Recrutement"})
    found = search(text="recrut xylophone")
    assert found.widened
    assert ids(found) == ["A2"]
    nothing = search(text="xylophone")
    assert (nothing.widened, nothing.total) == (False, 0)


AREAS = {
    "PAYS-99100": {DIJON, MACON, NEVERS, LYON},
    "REG-27": {DIJON, MACON, NEVERS},
    "DEP-21|DEP-58": {DIJON, NEVERS},
    "EPCI-242100410": {DIJON},
    "COM-71270": {MACON},
    "REG-94": set(),
}


def test_an_area_holds_its_communes(app: Flask) -> None:
    bring(*({"id": area, "eligibilite_geographique": area} for area in AREAS))
    for commune in (DIJON, MACON, NEVERS, LYON):
        found = set(ids(search(commune=commune)))
        assert found == {area for area, where in AREAS.items() if commune in where}


def test_an_exclusion_prevails(either_app: Flask) -> None:
    bring({"eligibilite_geographique_exclusions": "DEP-71|COM-21231"})
    assert [search(commune=c).total for c in (DIJON, MACON, NEVERS)] == [0, 0, 1]


# What the aid targets, what it excludes, what is asked, whether it is found.
ACTIVITIES = [
    ("", "", "25.62B", True),
    ("C", "", "2562b", True),
    ("25", "", "25.62B", True),
    ("25.62B", "", "25.62B", True),
    ("25.62B", "", "25.61Z", False),
    ("25.62B", "", "C", True),  # an aid for one of the section's activities
    ("F", "", "C", False),
    ("C", "25.6", "25.62B", False),
    ("C", "25.6", "C", True),
    ("", "C", "C", False),
    ("|".join(SECTIONS), "", "I", True),
    ("C", "", "no code", True),  # what is no activity restricts nothing
]


def test_activities(app: Flask) -> None:
    bring(
        *(
            {"id": str(n), "ciblage_naf": targeted, "ciblage_naf_exclusions": excluded}
            for n, (targeted, excluded, _asked, _found) in enumerate(ACTIVITIES)
        )
    )
    for n, (*_row, asked, found) in enumerate(ACTIVITIES):
        assert (str(n) in ids(search(activity=asked))) == found, ACTIVITIES[n]


SIZES: list[tuple[dict[str, str], set[int]]] = [
    ({}, {0, 9, 10, 249, 250, 5000}),
    ({"eligibilite_effectif_maximal": "9"}, {0, 9}),
    ({"eligibilite_effectif_maximal": "0"}, {0}),
    ({"eligibilite_effectif_minimal": "10"}, {10, 249, 250, 5000}),
    ({"eligibilite_categorie_taille_entreprise": "MIC"}, {0, 9}),
    ({"eligibilite_categorie_taille_entreprise": "PME"}, {0, 9, 10, 249}),
    ({"eligibilite_categorie_taille_entreprise": "ETI|GE"}, {250, 5000}),
]


def test_sizes(app: Flask) -> None:
    bring(*({"id": str(n), **row} for n, (row, _suits) in enumerate(SIZES)))
    for size in (0, 9, 10, 249, 250, 5000):
        found = set(ids(search(workforce=size)))
        assert found == {str(n) for n, (_row, suits) in enumerate(SIZES) if size in suits}


def test_counts_are_as_if_nothing_were_chosen_in_their_facet(either_app: Flask) -> None:
    online = {"demarche_en_ligne": "grants.investment_aid"}
    bring(
        {"id": "A1", "types_aides": "subvention|Conseil", "besoins": "Recruter", **online},
        {"id": "A2", "types_aides": "prêt", "besoins": "Recruter"},
        {"id": "A3", "types_aides": "prêt", "besoins": "exporter"},
    )
    whole = search()
    assert whole.counts["kind"] == [("prêt", 2), ("conseil", 1), ("subvention", 1)]
    assert whole.counts["need"] == [("Recruter", 2), ("Exporter", 1)]
    assert whole.counts["online"] == [("1", 1)]
    loans = search(kind="prêt")
    assert loans.total == 2
    assert loans.counts["kind"] == whole.counts["kind"]
    assert loans.counts["need"] == [("Exporter", 1), ("Recruter", 1)]
    both = search(kind="prêt", need="Recruter", online=True)
    assert both.total == 0
    assert both.counts["kind"] == [("conseil", 1), ("subvention", 1), ("prêt", 0)]


def test_pages_hold_twenty_and_miss_nothing(either_app: Flask) -> None:
    rows = [{"id": f"A{n}", "titre": f"Aide {n:02}"} for n in range(45)]
    bring(*rows, {"id": "Z", "titre": "Zone", "demarche_en_ligne": "grants.investment_aid"})
    pages = [search(page=number) for number in (1, 2, 3)]
    assert [len(page.aids) for page in pages] == [20, 20, 6]
    assert [page.pages for page in pages] == [3, 3, 3]
    read = [name for page in pages for name in ids(page)]
    assert read[0] == "Z"  # what is requested here comes first, then by title
    assert all(int(a[1:]) < int(b[1:]) for a, b in pairwise(read[1:]))
    assert search(page=99).page == 3
    assert search(page=-1).page == 1


def test_a_closed_aid_is_found_no_more_without_a_new_import(either_app: Flask) -> None:
    soon = (clock.today() + timedelta(days=3)).isoformat()
    bring({"id": "A1", "date_cloture": soon}, {"id": "A2", "titre": "Autre"})
    assert search().total == 2
    clock.advance(timedelta(days=3))
    assert search().total == 2  # the last day counts, to its last instant in Paris
    clock.advance(timedelta(days=1))
    found = search()
    assert (ids(found), found.total) == (["A2"], 1)
    bring({"id": "A3", "titre": "Encore"})
    assert sorted(ids(search())) == ["A2", "A3"]


def test_sets_keep_what_they_are_given() -> None:
    rng = random.Random(2104)
    for largest in (1, 9, 5_000, 60_000):
        given = sorted(rng.sample(range(largest), min(largest, 700)))
        bits = aid_index.unpack(aid_index.pack(given))
        assert list(aid_index.positions(bits)) == given
    assert list(aid_index.positions(aid_index.unpack(aid_index.pack([])))) == []


def test_levels_of_an_activity() -> None:
    assert levels(" 2562b ") == ("C", "25", "25.6", "25.62", "25.62B")
    assert levels("01.1") == ("A", "01", "01.1")
    assert levels("u") == ("U",)
    assert levels("00") == levels("34.1") == levels("V") == levels("2562BB") == ()


def test_a_search_agrees_with_reading_every_sheet(either_app: Flask) -> None:
    """Against the definition itself, on sheets and questions drawn at random."""
    rng = random.Random(71)
    rows = [_drawn(rng, number) for number in range(120)]
    assert bring(*rows).created == 120
    for _ in range(60):
        commune = rng.choice([None, DIJON, MACON, LYON])
        activity = rng.choice(["", "C", "25.62B", "I"])
        workforce = rng.choice([None, 5, 60, 300])
        kind = rng.choice(["", "prêt"])
        found = search(commune=commune, activity=activity, workforce=workforce, kind=kind)
        suits = {r["id"] for r in rows if _suits(r, commune, activity, workforce, kind)}
        read = found.aids + [
            aid
            for page in range(2, found.pages + 1)
            for aid in search(
                commune=commune,
                activity=activity,
                workforce=workforce,
                kind=kind,
                page=page,
            ).aids
        ]
        assert {aid.reference for aid in read} == suits
        assert found.total == len(suits) == len(read)


def _drawn(rng: random.Random, number: int) -> dict[str, str]:
    areas = ["PAYS-99100", "REG-27", "DEP-21|DEP-69", "COM-71270"]
    return {
        "id": f"A{number}",
        "eligibilite_geographique": rng.choice(areas),
        "eligibilite_geographique_exclusions": rng.choice(["", "", "DEP-71", "REG-84"]),
        "ciblage_naf": rng.choice(["", "C", "C|I", "25.62B", "25|F"]),
        "ciblage_naf_exclusions": rng.choice(["", "", "I", "25.62"]),
        "eligibilite_effectif_maximal": rng.choice(["", "9", "249"]),
        "types_aides": rng.choice(["prêt", "subvention", "prêt|subvention"]),
    }


def _suits(
    row: dict[str, str], commune: Any, activity: str, workforce: int | None, kind: str
) -> bool:
    def cell(name: str) -> list[str]:
        return [value for value in row[name].split("|") if value]

    if commune and not commune.areas & set(cell("eligibilite_geographique")):
        return False
    if commune and commune.areas & set(cell("eligibilite_geographique_exclusions")):
        return False
    asked, targeted = levels(activity), cell("ciblage_naf")
    if len(asked) == 1 and targeted and activity not in {levels(t)[0] for t in targeted}:
        return False
    if len(asked) > 1 and targeted and not set(asked) & set(targeted):
        return False
    if set(asked) & set(cell("ciblage_naf_exclusions")):
        return False
    most = row["eligibilite_effectif_maximal"]
    if workforce is not None and most and workforce > int(most):
        return False
    return not kind or kind in cell("types_aides")


# How it is read


def test_every_question_to_the_database_uses_an_index(either_app: Flask) -> None:
    bring(
        *({"id": f"A{n}", "titre": f"Énergie {n}", "besoins": f"B{n}"} for n in range(400))
    )
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE"))
        # A few hundred rows fit in a page or two; what matters is that an index can serve.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
    asked: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", keep)
    search(text="énergie xylophone", commune=DIJON, activity="25.62B", workforce=5, page=2)
    search(kind="subvention", need="B1", online=True)
    aids.find("energie-1")
    event.remove(db.engine, "before_cursor_execute", keep)
    assert len(asked) >= 8
    for statement, values in asked:
        plan = _plan(statement, values)
        assert "SCAN aid" not in plan, plan
        assert "Seq Scan" not in plan, plan


def _plan(statement: str, values: Any) -> str:
    sqlite = db.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    rows = db.session.connection().exec_driver_sql(explain + statement, values)
    return "\n".join(str(row[-1]) for row in rows)


def test_the_sets_are_rebuilt_only_when_something_changed(app: Flask) -> None:
    bring({})
    statements: list[str] = []

    def keep(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", keep)
    assert bring({}).unchanged == 1
    event.remove(db.engine, "before_cursor_execute", keep)
    assert not [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert db.session.scalar(select(func.count()).select_from(AidSet))
