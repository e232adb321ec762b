"""Each format, on both sides of every boundary."""

import pytest

from forms import Form
from forms.formats import FORMATS, Asked
from forms.numbers import Wrong
from tests.forms.making import ask, form, text

NB = "\N{NO-BREAK SPACE}"

GOOD = [
    ("montant", "1 234,50", 1234.5),
    ("montant", "1 234,50 €", 1234.5),
    ("montant", f"1{NB}234,5{NB}€", 1234.5),
    ("montant", "1\N{NARROW NO-BREAK SPACE}234", 1234),
    ("montant", "1234.50", 1234.5),
    ("montant", "0,1", 0.1),
    ("montant", "−12,30", -12.3),
    ("montant", "12,", 12),
    ("montant", "1 234 euros", 1234),
    ("montant", "9999999999999,99", 9999999999999.99),
    ("montant", "1,10000", 1.1),
    ("number", "1,2345", 1.2345),
    ("number", "007", 7),
    ("number", "-0", 0),
    ("pourcentage", "12,5 %", 12.5),
    ("date", "21/11/2026", "2026-11-21"),
    ("date", "1/2/2026", "2026-02-01"),
    ("date", "01-02-2026", "2026-02-01"),
    ("date", "2026-11-21", "2026-11-21"),
    ("date", "29/02/2028", "2028-02-29"),
    ("date", "01/01/1800", "1800-01-01"),
    ("date", "31/12/2200", "2200-12-31"),
    ("time", "14:30", "14:30"),
    ("time", "9h", "09:00"),
    ("time", "14h30", "14:30"),
    ("time", "23:59", "23:59"),
    ("moment", "21/11/2026 14:30", "2026-11-21T13:30:00Z"),
    ("moment", "21/06/2026 à 14h30", "2026-06-21T12:30:00Z"),
    ("moment", "2026-11-21T13:30:00Z", "2026-11-21T13:30:00Z"),
    ("moment", "29/03/2026 03:00", "2026-03-29T01:00:00Z"),
    ("siret", "356 000 000 00048", "35600000000048"),
    ("siret", "35600000000001", "35600000000001"),  # La Poste: the sum of digits, not Luhn
    ("siret", "73282932000074", "73282932000074"),
    ("siren", "732 829 320", "732829320"),
    ("rna", "w212 000 123", "W212000123"),
    ("iban", "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
    ("iban", "de89370400440532013000", "DE89370400440532013000"),
    ("bic", "bdfefrpp", "BDFEFRPP"),
    ("naf", "6201Z", "62.01Z"),
    ("naf", "62.01z", "62.01Z"),
    ("email", "Prenom.Nom@Exemple.FR", "Prenom.Nom@exemple.fr"),
    ("email", "a+b@sous.domaine.exemple.fr", "a+b@sous.domaine.exemple.fr"),
    ("email", "x" * 64 + "@exemple.fr", "x" * 64 + "@exemple.fr"),
    ("telephone", "03 80 44 33 00", "0380443300"),
    ("telephone", "+33 3 80 44 33 00", "0380443300"),
    ("telephone", "0033 (0)3.80.44.33.00", "0380443300"),
    ("telephone", "+41 22 730 51 11", "+41227305111"),
    ("code_postal", "21 000", "21000"),
    ("url", "www.exemple.fr", "https://www.exemple.fr"),
    ("url", "http://exemple.fr/a?b=c", "http://exemple.fr/a?b=c"),
    ("departement", "2a", "2A"),
    ("departement", "971", "971"),
    ("region", "27", "27"),
    ("epci", "200070910", "200070910"),
    ("pays", "fr", "FR"),
    ("pays", "Côte d'Ivoire", "CI"),
    ("pays", "cote d’ivoire", "CI"),
    ("commune", "21054", "21054"),
    ("commune", "2a004", "2A004"),
    ("text", "  e\u0301te\u0301 ", "\u00e9t\u00e9"),
    ("paragraph", "un\r\ndeux\rtrois", "un\ndeux\ntrois"),
]

BAD = [
    ("montant", "12,345"),
    ("montant", "12 34"),
    ("montant", "1.234,50"),
    ("montant", "douze"),
    ("montant", "1e3"),
    ("montant", "NaN"),
    ("montant", "€"),
    ("montant", "٣"),
    ("montant", "99999999999999,99"),
    ("number", "1" * 16),
    ("number", "1,2,3"),
    ("date", "31/02/2026"),
    ("date", "29/02/2027"),
    ("date", "21/11/26"),
    ("date", "21/13/2026"),
    ("date", "2026/11/21"),
    ("date", "31/12/1799"),
    ("date", "01/01/2201"),
    ("date", "21/11-2026"),
    ("date", "aujourd’hui"),
    ("time", "24:00"),
    ("time", "14"),
    ("time", "14:"),
    ("time", "14:60"),
    ("moment", "21/11/2026"),
    ("moment", "29/03/2026 02:30"),  # the clocks jump from 2 to 3
    ("moment", "0001-01-01T00:00:00Z"),
    ("siret", "35600000000049"),
    ("siret", "3560000000004"),
    ("siret", "356000000000480"),
    ("siren", "732829321"),
    ("siren", "73282932"),
    ("rna", "212000123"),
    ("iban", "FR7630006000011234567890188"),
    ("iban", "FR76"),
    ("iban", "XX00"),
    ("bic", "BDF"),
    ("naf", "62.01"),
    ("naf", "620.1Z"),
    ("email", "prenom.nom"),
    ("email", "prénom@exemple.fr"),
    ("email", "a@b"),
    ("email", "a b@exemple.fr"),
    ("email", ".a@exemple.fr"),
    ("email", "a@-exemple.fr"),
    ("email", "x" * 65 + "@exemple.fr"),
    ("telephone", "03 80 44 33"),
    ("telephone", "00 00"),
    ("telephone", "+33 3 80 44"),
    ("telephone", "1234567890"),
    ("code_postal", "2100"),
    ("url", "javascript:alert(1)"),
    ("url", "ftp://exemple.fr"),
    ("url", "https://exemple"),
    ("url", "https://a b.fr"),
    ("departement", "975B"),
    ("region", "Bourgogne"),
    ("pays", "XX"),
    ("pays", "Atlantide"),
    ("commune", "Beaune"),
    ("text", "a\x00b"),
    ("text", "deux\nlignes"),
    ("text", "droite\u202egauche"),
    ("paragraph", "a\x07"),
    ("boolean", "peut-être"),
]


@pytest.mark.parametrize(("name", "typed", "value"), GOOD)
def test_what_is_typed_is_read(name, typed, value):
    assert FORMATS[name].read(typed, Asked()) == value
    assert type(FORMATS[name].read(typed, Asked())) is type(value)


@pytest.mark.parametrize(("name", "typed"), BAD)
def test_what_cannot_be_read_is_told_how_to_be_put_right(name, typed):
    with pytest.raises(Wrong) as wrong:
        FORMATS[name].read(typed, Asked())
    assert len(str(wrong.value)) > 15


@pytest.mark.parametrize(("name", "typed", "value"), GOOD)
def test_a_value_shown_in_its_box_is_read_back(name, typed, value):
    assert FORMATS[name].read(FORMATS[name].edit(value), Asked()) == value


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("montant", 1234.5, f"1{NB}234,50{NB}€"),
        ("montant", 0, f"0,00{NB}€"),
        ("montant", -1234567, f"-1{NB}234{NB}567,00{NB}€"),
        ("number", 1234.5, f"1{NB}234,5"),
        ("number", -0.5, "-0,5"),
        ("number", 100, "100"),
        ("pourcentage", 12.5, f"12,5{NB}%"),
        ("date", "2026-11-21", "21/11/2026"),
        ("moment", "2026-06-21T12:30:00Z", "21/06/2026 14:30"),
        ("siret", "35600000000048", f"356{NB}000{NB}000{NB}00048"),
        ("iban", "FR7630006000", f"FR76{NB}3000{NB}6000"),
        ("telephone", "0380443300", f"03{NB}80{NB}44{NB}33{NB}00"),
        ("telephone", "+41227305111", "+41227305111"),
        ("pays", "CI", "Côte d’Ivoire"),
        ("boolean", True, "Oui"),
        ("boolean", False, "Non"),
    ],
)
def test_a_value_is_shown_as_the_french_read_it(name, value, shown):
    assert FORMATS[name].show(value, {}) == shown


def test_an_hour_that_comes_twice_is_still_read_back():
    second = "2026-10-25T01:30:00Z"  # 2:30 in Paris, for the second time that night
    assert FORMATS["moment"].read(FORMATS["moment"].edit(second), Asked()) == second


COMMUNES = {"21054": "Beaune", "71240": "Saint-Loup", "71412": "Saint-Loup-de-Varennes"}


def _named(name):
    return [(code, label) for code, label in COMMUNES.items() if label.startswith(name)]


LOOKUPS = {
    "commune": COMMUNES.get,
    "commune_named": _named,
    "within": lambda area, code: area == "27" and code != "71240",
}


def _read(made: Form, typed: str):
    return made.read({"q": [typed]}, lookups=LOOKUPS)


def test_a_commune_is_named_or_coded():
    made = form(text(ebg_type="commune"))
    assert _read(made, "21054").values == {"q": "21054"}
    assert _read(made, "Beaune").values == {"q": "21054"}
    assert "« 99999 » n’est pas connu" in _read(made, "99999").errors[0].message
    message = _read(made, "Saint-Loup").errors[0].message
    assert "Saint-Loup (71240), Saint-Loup-de-Varennes (71412)" in message


def test_a_commune_lies_in_the_area_of_the_form():
    made = form(text(ebg_type="commune", ebg_perimetre="27"))
    assert not _read(made, "21054").errors
    assert "périmètre" in _read(made, "71240").errors[0].message


def test_decimals_are_those_the_designer_allows():
    whole = form(ask("number", decimalDigits=0))
    assert whole.read({"q": ["12"]}).values == {"q": 12}
    assert "nombre entier" in whole.read({"q": ["12,5"]}).errors[0].message
    one = form(ask("number", decimalDigits=1))
    assert one.read({"q": ["12,5"]}).values == {"q": 12.5}
    assert "un seul chiffre" in one.read({"q": ["12,55"]}).errors[0].message
    amount = form(ask("number", decimalDigits=3, ebg_type="montant"))
    assert amount.read({"q": ["1,234"]}).errors
