"""Lines fit, and no word is lost or moved."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.rendering.lines import break_lines


def ones(_character):
    return 1.0


def test_between_words_then_anywhere():
    assert break_lines("un deux trois", 7, ones) == ["un deux", "trois"]
    assert break_lines("abcdefghij k", 4, ones) == ["abcd", "efgh", "ij k"]
    assert break_lines("48\u00a0500\u00a0€ net", 9, ones) == ["48\u00a0500\u00a0€", "net"]
    assert break_lines("a\n\nb", 9, ones) == ["a", "", "b"]
    assert break_lines("  retrait", 20, ones) == ["  retrait"]


@given(st.text(alphabet="ab \n\u00a0", max_size=120), st.integers(1, 12))
def test_every_line_fits_and_every_word_is_there(text, room):
    lines = break_lines(text, room, ones)
    assert all(len(line) <= room for line in lines)
    kept = "".join(lines).replace(" ", "")
    assert kept == text.replace("\n", "").replace(" ", "")


def test_hebrew_is_drawn_from_right_to_left():
    assert break_lines("M. שלום, Dijon", 30, ones) == ["M. םולש, Dijon"]
