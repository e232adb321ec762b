"""A filed form is shown whole: every answer, every row."""

import re
import time


def test_answers_read_as_people_say_them(desk):
    produced = desk.recap(
        [
            {
                "title": "Entreprise",
                "text": "Telle que déclarée.",
                "rows": [
                    {"label": "Nom", "value": "Scierie & Fils <SA>"},
                    {"label": "Jeune", "value": True},
                    {"label": "Site", "value": None},
                    {"label": "Taux", "value": 0.125},
                    {"label": "Montant", "value": 48500.5},
                    {"label": "Année", "value": 2026},
                    {"label": "Pièces", "value": ["kbis.pdf", "rib.pdf"]},
                    {"label": "Lieu", "value": {"ville": "Arleuf"}},
                    {},
                ],
            },
            {},
        ],
        subtitle="Déposée le 10 janvier 2026",
        sender={"name": "Région"},
    )
    text = desk.text(produced)
    for part in (
        "Demande d’aide", "Référence : AIDE-42", "Déposée le 10 janvier 2026", "Entreprise",
        "Scierie & Fils <SA>", "Oui", "—", "0,125", "48 500,50", "2026", "rib.pdf", "ville : Arleuf",
    ):  # fmt: skip
        assert part in text
    assert produced.value["kind"] == "recap"


def test_two_hundred_rows_repeat_their_header_on_each_page(desk):
    rows = [[rank, f"Poste {rank}", rank * 10.5] for rank in range(200)]
    start = time.perf_counter()
    produced = desk.recap(
        [{"tables": [{"columns": ["N°", "Libellé", "Montant"], "rows": rows}]}]
    )
    assert time.perf_counter() - start < 120, "bounded, on a busy machine too"
    pages = [page.extract_text() for page in desk.read(produced).pages]
    assert len(pages) > 4
    assert all("Libellé" in page for page in pages)
    text = desk.text(produced)
    assert all(re.search(rf"Poste {rank}\b", text) for rank in range(200))


def test_a_row_taller_than_a_page_and_tables_of_any_shape(desk):
    produced = desk.recap(
        [
            {
                "title": "x" * 3_000,
                "rows": [{"label": "l" * 900, "value": "mot " * 4_000 + "FIN"}],
                "tables": [
                    {"columns": [], "rows": []},
                    {"columns": ["a"], "rows": [["1", "2", "3"], []]},
                    {"columns": [f"c{it}" for it in range(60)], "rows": [list(range(60))]},
                    {"columns": ["w" * 200] * 12, "rows": [["m" * 500] + [""] * 11]},
                ],
            }
        ]
    )
    assert "FIN" in desk.text(produced)
    assert "c59" in desk.text(produced)


def test_nothing_filed_is_still_a_page(desk):
    assert len(desk.read(desk.recap([])).pages) == 1


def test_the_address_to_check_a_record_at_is_written_and_drawn(desk):
    url = "https://parapheur.example.org/verifier/ABCD-EFGH"
    produced = desk.recap([{"title": "Étapes"}], code="ABCD-EFGH", key="call-3")
    text = desk.text(produced)
    assert "Vérifier ce document" in text
    assert url in text
    assert "ABCD-EFGH" in text
    drawn = desk.read(produced).pages[-1].get_contents().get_data()
    assert drawn.count(b" re f") > 200  # the modules of the code


def test_a_text_is_kept_as_it_was_composed(desk):
    made = desk.connect().text_file(
        title="PREMIS", content="<é/>", media_type="application/xml", kind="premis",
        file_name="premis.xml", key="call-4",
    )  # fmt: skip
    assert desk.stored[made.value["sha256"]].decode() == "<é/>"
    assert made.documents[0][:2] == ("premis", "PREMIS")
