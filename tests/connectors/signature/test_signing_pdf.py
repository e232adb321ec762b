"""PDF signed in two phases, at every level, as independent tools see them."""

from tests.connectors.signature.conftest import STAMP, tool


def test_a_letter_is_signed_and_its_bytes_do_not_move(office, tmp_path):
    letter = office.letter()
    signed, told = office.sign(letter, stamp=STAMP)
    assert signed.startswith(letter)
    assert told["level"] == "B-LT"
    assert told["signatures"][0]["quality"] == "simple"
    found = office.examine(signed)
    assert found["valid"]
    assert found["level"] == "B-LT"
    assert "DEMONSTRATION" in found["signatures"][0]["subject"]
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    assert "Signature is Valid" in tool("pdfsig", path).stdout
