"""A closed PDF kept longer than the certificate of its first timestamp."""

import base64
from datetime import timedelta

from connectors.signature.signers import demo
from tests.connectors.signature.conftest import opened
from tests.connectors.signature.test_signing_pdf import pdfsig, tampered

YEAR = timedelta(days=365)


def test_renewed_in_time_a_file_outlives_its_first_timestamp(tmp_path):
    """In the past first: pyHanko and poppler live on the machine's own clock."""
    office = opened(tmp_path, None)
    office.clock.moved = -12 * YEAR
    closed, told = office.close(_signed_for_a_month(office))
    assert told["complete"]
    office.clock.moved += 9.5 * YEAR  # the unit's certificate lasts ten years
    document = [office.document(closed)]
    office.faults("timestamp", down=True)
    silent = office.signature.close(documents=document, key="silent").value
    assert (silent["complete"], silent["files"][0]["complete"]) == (False, False)
    assert silent["files"][0]["signatures"] == []
    office.faults("timestamp", down=False)
    renewed = office.signature.close(documents=document, key="renewed").value
    assert renewed["complete"], "the signer's certificate ended: it was proved before"
    (file,) = renewed["files"]
    content = office.read(file["file"]["sha256"])
    assert content.startswith(closed)
    for each in (closed, content):
        assert office.examine(each)["valid"]

    office.clock.moved = timedelta()
    lapsed, kept = office.examine(closed), office.examine(content)
    assert (lapsed["valid"], lapsed["indication"]) == (False, "INDETERMINATE")
    assert (kept["valid"], kept["level"]) == (True, "B-LTA"), kept
    ends = [one["valid_to"][:4] for one in kept["signatures"]]
    assert ends == sorted(ends)
    assert ends[1] < f"{office.clock():%Y}" < ends[2]
    assert pdfsig(tmp_path, content) == (1, 0)
    assert not office.examine(tampered(content))["valid"]


def _signed_for_a_month(office):
    """A letter signed by somebody whose certificate ends long before the timestamp's."""
    now, day = office.clock(), timedelta(days=1)
    short = office.authority.issue("Chloé Courte", valid=(now - day, now + 30 * day))
    (prepared,) = office.signature.prepare(
        documents=[office.document(office.letter())],
        certificate=short.der, chain=short.chain,
    )  # fmt: skip
    (entry,) = prepared["to_sign"]
    value = demo.signed(short.key, base64.b64decode(entry["data"]))
    values = {entry["id"]: base64.b64encode(value).decode()}
    told = office.signature.finish(prepared=prepared, values=values)
    return office.read(told["file"].sha256)
