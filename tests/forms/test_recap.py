"""Answers as they are read afterwards: recaps, columns, the API's schema, pre-filling."""

from forms.recap import EMPTY
from tests.forms.making import PDF, ask, choice, form, group, hide, many, sample, text
from tests.forms.test_reading import ANSWERS

NB = "\N{NO-BREAK SPACE}"
COMMUNES = {"commune": {"21054": "Beaune (21200)"}.get}


def said(made, values, **more):
    return {
        row.label: row.value for page in made.recap(values, **more) for row in page.rows
    }


def test_a_recap_speaks_french():
    made = sample()
    pages = made.recap(made.check(ANSWERS).values, lookups=COMMUNES)
    assert [page.index for page in pages] == list(range(7))
    rows = {row.label: row for page in pages for row in page.rows}
    assert rows["Date de création"].value == "02/04/2001"
    assert rows["Civilité"].value == "Madame"
    assert rows["Chiffre d’affaires HT du dernier exercice clos (€)"].value == (
        f"1{NB}250{NB}000,5"
    )
    assert rows["Commune de réalisation du projet"].value == "Beaune (21200)"
    assert rows["Adresse de réalisation"].value == EMPTY
    assert rows["RIB"].files[0].name == "rib.pdf"
    assert rows["RIB"].files[0].size == f"2{NB}ko"
    table = rows["Dépenses"].table
    assert table.headers == ("Poste", "Fournisseur pressenti", "Montant HT (€)", "Devis")
    assert table.rows[0] == ("Matériel neuf", "Fours SA", f"120{NB}000,4", "rib.pdf")
    assert "Mandat signé" not in rows


def test_amounts_boxes_and_results_are_read():
    made = form(
        ask("number", "m", "Montant", ebg_type="montant"),
        ask("checkbox", "c", "Oui ?"),
        choice("checklist", "l", "a", "b"),
        ask("number", "p", "Poids", appearance={"suffixAdorner": "kg"}),
        {"type": "expression", "key": "t", "expression": "=m * 2",
         "properties": {"ebg:label": "Double", "ebg:type": "montant"}},
        {"type": "expression", "key": "u", "expression": "=m * 3"},
    )  # fmt: skip
    values = {"m": 1234.5, "c": False, "l": ["a", "b"], "p": 3}
    assert said(made, values) == {
        "Montant": f"1{NB}234,50{NB}€",
        "Oui ?": "Non",
        "Question": "A, B",
        "Poids": f"3{NB}kg",
        "Double": f"2{NB}469,00{NB}€",
    }


def test_groups_become_headings_and_what_is_hidden_is_silent():
    made = form(
        text("a", "A"),
        group("G", text("b", "B"), path="g"),
        group("H", text("c", "C"), conditional=hide('a = "x"')),
    )
    pages = made.recap({"a": "x", "g": {"b": "y"}, "c": "z"})
    assert [[(row.kind, row.label) for row in page.rows] for page in pages] == [
        [("text", "A"), ("heading", "G"), ("text", "B")]
    ]


def test_rows_with_different_questions_share_one_table():
    made = form(
        many(
            "d", choice("radio", "t", "a", "b"), text("x", "X", conditional=hide('t = "b"'))
        )
    )
    table = made.recap({"d": [{"t": "b"}, {"t": "a", "x": "1"}]})[0].rows[0].table
    assert table.headers == ("Question", "X")
    assert table.rows == (("B", ""), ("A", "1"))


def test_a_list_in_a_row_fits_its_cell():
    made = form(many("d", text("n", "N"), many("s", text("x", "X"), text("y", "Y"))))
    values = {"d": [{"n": "1", "s": [{"x": "a", "y": "b"}, {"x": "c", "y": "d"}]}]}
    table = made.recap(values)[0].rows[0].table
    assert table.rows == (("1", "a, b ; c, d"),)


def test_columns_serve_lists_and_exports():
    columns = {column.key: column for column in sample().columns()}
    assert columns["siret"].kind == "text"
    assert columns["projet.date_debut"].kind == "date"
    assert columns["forme_aide"].kind == "choice"
    assert columns["pieces.rib"].kind == "files"
    assert columns["deggendorf"].kind == "boolean"
    assert "depenses.poste" not in columns
    assert columns["projet.date_debut"].value(ANSWERS) == "2027-01-04"
    assert columns["projet.date_debut"].show(ANSWERS) == "04/01/2027"
    assert columns["forme_aide"].show(ANSWERS) == "Subvention"
    assert columns["pieces.rib"].show(ANSWERS) == "rib.pdf"
    assert columns["projet.commune"].show(ANSWERS, COMMUNES) == "Beaune (21200)"
    assert columns["projet.date_debut"].show({"projet": None}) == ""


def test_the_schema_describes_what_is_read():
    schema = sample().json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False
    assert "siret" in schema["required"]
    assert "aides_minimis" not in schema["required"]
    assert "date_premier_engagement" not in schema["properties"]["projet"]["required"]
    properties = schema["properties"]
    assert properties["siret"]["pattern"] == "^[0-9]{14}$"
    assert properties["date_creation"]["format"] == "date"
    assert properties["effectif_uta"]["minimum"] == 0
    assert properties["forme_aide"]["enum"] == ["subvention", "avance", "mixte"]
    assert properties["depenses"]["items"]["properties"]["devis"]["maxItems"] == 1
    assert properties["projet"]["properties"]["emplois_crees"]["type"] == ["number", "null"]
    assert properties["total_depenses"]["readOnly"] is True


def test_what_a_directory_knows_fills_what_is_blank():
    made = sample()
    known = {"siret": {"nom_raison_sociale": "Tuilerie", "nature_juridique": "SAS"}}
    filled = made.prefill({"raison_sociale": "Déjà dit"}, known)
    assert filled == {"raison_sociale": "Déjà dit", "forme_juridique": "SAS"}


def test_a_name_is_known_by_its_label():
    made = sample()
    assert made.label_of("contact.mandat") == "Mandat signé"
    assert made.label_of("depenses.3.devis") == "Devis"
    for stranger in ("contact.x", "depenses.x", "", "x", "depenses", "contact." * 999):
        assert made.label_of(stranger) == stranger


def test_pdf_is_a_file_like_another():
    made = form(ask("filepicker", "f", "Pièce"))
    row = made.recap({"f": [PDF]}, file_url=lambda file: f"/f/{file['sha256']}")[0].rows[0]
    assert (row.kind, row.value, row.files[0].url) == ("files", "rib.pdf", "/f/" + "a" * 64)
