"""A file of people, whatever program wrote it: its lines, and what is wrong with each."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.people_file import Unreadable, day, read, understand

ROLES = {"case_officer": "case_officer", "instructeur": "case_officer"}
TEXTS = st.text(st.characters(categories=["L", "N", "Zs"]), min_size=1, max_size=30)


def written(rows: list[list[str]], mark: str, encoding: str) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=csv.QUOTE_ALL)
    writer.writerows([["Courriel", "Nom", "Rôle", "service"], *rows])
    return out.getvalue().encode(encoding)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=20),
    st.sampled_from(";,\t"),
    st.sampled_from(["utf-8", "utf-8-sig"]),
)
def test_what_a_spreadsheet_writes_is_read_as_it_was(
    people: list[tuple[str, str]], mark: str, encoding: str
) -> None:
    rows = [
        [f"a{number}@b.fr", name + mark + name, "case_officer", service]
        for number, (name, service) in enumerate(people)
    ]
    file = read(written(rows, mark, encoding))
    assert not file.guessed
    assert [line.number for line in file.lines] == list(range(2, len(rows) + 2))
    assert [line.row["courriel"] for line in file.lines] == [row[0] for row in rows]
    told = [[note["why"] for note in line.notes] for line in file.lines]
    tabs = [mark == "\t" and name.strip() != "" for name, _service in people]
    assert told == [["invisible"] if tab else [] for tab in tabs], "a tab is no text"


@given(st.binary(max_size=400))
def test_whatever_the_bytes_a_file_is_read_or_refused(content: bytes) -> None:
    try:
        file = read(b"courriel;nom;role\n" + content)
    except Unreadable as problem:
        assert problem.why in {"broken", "spreadsheet", "columns"}
    else:
        for line in file.lines:
            understand(line.row, ROLES)


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_a_day_is_read_as_the_french_write_it_and_as_computers_do(some: date) -> None:
    assert day(f"{some:%d/%m/%Y}") == day(some.isoformat()) == some


@pytest.mark.parametrize("text", ["31/02/2027", "demain", "1/2", "32/1/2026", "²/1/2026"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        day(text)


def test_windows_accents_are_read_and_told() -> None:
    file = read("courriel;nom;rôle\na@b.fr;Zoé Œuvre;instructeur\n".encode("cp1252"))
    assert file.guessed
    assert file.lines[0].row["nom"] == "Zoé Œuvre"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "columns"),
        (b"courriel;nom\n", "columns"),
        (b"PK\x03\x04rest", "spreadsheet"),
        ("courriel;nom;role".encode("utf-16"), "spreadsheet"),
        (b'courriel;nom;role\n"' + b"x" * 200_000, "broken"),
    ],
)
def test_what_is_no_file_of_people_says_why(content: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as problem:
        read(content)
    assert problem.value.why == why


@pytest.mark.parametrize(
    ("cells", "column", "why"),
    [
        ("claire;C M;case_officer", "courriel", "email"),
        ("a@b.fr;;case_officer", "nom", "empty"),
        ("a@b.fr;" + "x" * 300 + ";case_officer", "nom", "long"),
        ("a@b.fr;=HYPERLINK(1);case_officer", "nom", "formula"),
        ("a@b.fr;C M;roi", "role", "role"),
        ("a@b.fr;C M;case_officer;@x", "service", "formula"),
        ("a@b.fr;C M;case_officer;;31/02/2027", "debut", "day"),
        ("a@b.fr;C M;case_officer;;;31/31/2027", "fin", "day"),
    ],
)
def test_each_wrong_cell_is_told_by_its_column(cells: str, column: str, why: str) -> None:
    file = read(f"courriel;nom;role;service;debut;fin\n{cells}\n".encode())
    wanted, notes = understand(file.lines[0].row, ROLES)
    assert wanted is None
    assert [(one["column"], one["why"]) for one in notes] == [(column, why)]


def test_the_file_itself_shows_doubles_invisible_characters_and_lost_cells() -> None:
    file = read(
        b"courriel;nom;role\n"
        b"a@b.fr;Ana;case_officer\n"
        b"A@B.fr;Ana;case_officer\n"
        b"a@b.fr;Autre;chef\n"
        b"\n"
        b"c@d.fr;C\x00D;case_officer\n"
        b"e@f.fr;E;case_officer;trop\n"
    )
    assert [(line.number, [n["why"] for n in line.notes]) for line in file.lines] == [
        (2, []),
        (3, ["twice"]),
        (4, ["two_names"]),
        (6, ["invisible"]),
        (7, ["cells"]),
    ]
