"""One case is deposited once, whatever happens on the way, and its reply comes back."""

from datetime import timedelta

import httpx
import pytest

from connectors import (
    Ambiguous,
    ConnectorError,
    Misconfigured,
    NotYet,
    Refused,
    Retryable,
    Throttled,
    sandboxes,
)
from connectors.archiving import sandbox
from connectors.archiving.asalae import sha256_password


def times(place):
    return [it["times"] for it in sandbox.received(place.data)]


def package(place, key="call-1"):
    folder = place.data / "archiving" / "packages" / key
    return (folder / "manifest.xml").read_bytes(), (folder / "package.tar.gz").read_bytes()


def test_a_deposit_answers_with_digests_and_its_manifest(place):
    archiving = place.connect()
    produced = archiving.deposit(**place.case())
    assert archiving.mode == "sandbox"
    assert archiving.check() == []
    assert produced.value["message_identifier"] == "232100013-AIDE-2026-0042-1"
    assert produced.value["deposited_at"] == "2026-11-21T09:00:00Z"
    ((kind, title, file),) = produced.documents
    assert (kind, title) == ("archive_manifest", "Bordereau de versement SEDA")
    assert file.sha256 == produced.value["manifest_sha256"]


def test_the_reply_comes_when_the_archivist_has_decided(place):
    archiving = place.connect()
    identifier = archiving.deposit(**place.case()).value["message_identifier"]
    with pytest.raises(NotYet) as early:
        archiving.reply(message_identifier=identifier, key="r1")
    assert early.value.after == timedelta(seconds=2)
    place.wait(seconds=3)  # acknowledged, not decided
    with pytest.raises(NotYet):
        archiving.reply(message_identifier=identifier, key="r1")
    place.wait(seconds=4)
    produced = archiving.reply(message_identifier=identifier, key="r1")
    assert produced.value["status"] == "accepted"
    assert len(produced.value["archive_identifiers"]) == 4
    assert produced.value["comments"] == ["Versement accepté"]
    assert [kind for kind, _, _ in produced.documents] == [
        "archive_acknowledgement",
        "archive_reply",
    ]
    assert not (place.data / "archiving/packages/call-1/package.tar.gz").exists()
    assert archiving.reply(message_identifier=identifier, key="r1") == produced
    assert archiving.deposit(**place.case()).value["message_identifier"] == identifier


@pytest.mark.parametrize(
    ("answer", "status"),
    [("accept", "accepted"), ("warn", "accepted_with_warning"), ("refuse", "refused")],
)
def test_the_sandbox_follows_its_script(place, answer, status):
    archiving = place.connect()
    sandbox.script(place.data, answer)
    identifier = archiving.deposit(**place.case()).value["message_identifier"]
    place.wait(minutes=1)
    produced = archiving.reply(message_identifier=identifier, key="r1")
    assert produced.value["status"] == status
    assert bool(produced.value["archive_identifiers"]) == (status != "refused")


def test_a_silent_service_is_asked_less_and_less_then_becomes_an_incident(place):
    archiving = place.connect(ARCHIVING_SANDBOX_ANSWER="never")
    identifier = archiving.deposit(**place.case()).value["message_identifier"]
    hints = []
    for wait in (60, 3600, 86_400):
        place.wait(seconds=wait)
        with pytest.raises(NotYet) as later:
            archiving.reply(message_identifier=identifier, key="r1")
        hints.append(later.value.after)
    assert hints == [timedelta(seconds=15), timedelta(minutes=15), timedelta(minutes=15)]
    place.wait(days=31)
    with pytest.raises(ConnectorError, match="depuis 32 jours") as incident:
        archiving.reply(message_identifier=identifier, key="r1")
    assert not isinstance(incident.value, Retryable)


def test_a_corrected_transfer_follows_a_refused_one(place):
    archiving = place.connect(ARCHIVING_SANDBOX_ANSWER="refuse")
    archiving.deposit(**place.case())
    with pytest.raises(Refused, match="rang suivant"):
        archiving.deposit(**place.case(key="call-2"))
    again = archiving.deposit(**place.case(key="call-2", transfer=2))
    assert again.value["message_identifier"].endswith("-2")


@pytest.mark.parametrize("ack", ["0", "5"])
def test_a_lost_answer_is_looked_up_and_the_deposit_made_once(place, ack):
    archiving = place.connect(ARCHIVING_SANDBOX_ACK_SECONDS=ack)
    place.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        archiving.deposit(**place.case())
    frozen = package(place)
    place.faults.clear()
    if ack != "0":
        with pytest.raises(NotYet):
            archiving.deposit(**place.case())
        place.wait(seconds=6)
    archiving.deposit(**place.case())
    assert times(place) == [1]
    assert package(place) == frozen


def test_a_request_that_never_arrived_is_sent_again_byte_for_byte(place):
    archiving = place.connect()
    lost = place.connect()
    place.faults.set(slow=5)
    object.__setattr__(lost, "http", httpx.Client(transport=Lost(), base_url="http://x"))
    with pytest.raises(Ambiguous):
        lost.deposit(**place.case())
    frozen = package(place)
    place.faults.clear()
    place.wait(seconds=31)
    archiving.deposit(**place.case())
    assert times(place) == [1]
    assert package(place) == frozen
    kept = next((place.data / "sandboxes" / "archiving").glob("*/archive"))
    assert kept.read_bytes() == frozen[1]


class Lost(httpx.BaseTransport):
    """A network that takes requests and delivers nothing."""

    def handle_request(self, request):
        request.read()
        raise httpx.ReadError("perdu", request=request)


def test_answers_lost_beyond_patience_leave_one_deposit(place):
    archiving = place.connect(ARCHIVING_SANDBOX_ACK_SECONDS="3600")
    place.faults.set(ambiguous=1.0)
    for _ in range(3):
        with pytest.raises((Ambiguous, Retryable)):
            archiving.deposit(**place.case())
        place.wait(minutes=1)
    place.faults.clear()
    archiving.deposit(**place.case())
    assert len(times(place)) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"down": True}, Retryable),
        ({"throttle": 7}, Throttled),
        ({"error": 1.0}, Retryable),
        ({"refuse": "Accord de versement clos"}, Refused),
    ],
)
def test_a_fault_says_its_name_and_the_next_try_works(place, fault, error):
    archiving = place.connect()
    place.faults.set(**fault)
    with pytest.raises(error) as raised:
        archiving.deposit(**place.case())
    assert type(raised.value) is error
    place.faults.clear()
    archiving.deposit(**place.case())
    assert times(place) == [1]


def test_a_slow_service_is_ambiguous(place):
    archiving = place.connect(ASALAE_TIMEOUT="0.05")
    place.faults.set(slow=10)
    with pytest.raises(Ambiguous):
        archiving.deposit(**place.case())


def test_another_password_is_a_wrong_setting(place):
    archiving = place.connect()
    archiving.http.auth = (sandbox.USER, sha256_password("faux"))
    assert "identifiants" in archiving.check()[0]
    with pytest.raises(Misconfigured):
        archiving.deposit(**place.case())


def test_a_live_service_needs_its_agencies(place):
    archiving = place.connect(ASALAE_URL="https://asalae.invalid/restservices")
    assert archiving.mode == "live"
    with pytest.raises(Misconfigured, match="SEDA_ARCHIVAL_AGENCY"):
        archiving.deposit(**place.case())


def test_a_package_altered_on_disk_is_never_sent(place):
    archiving = place.connect()
    place.faults.set(down=True)
    with pytest.raises(Retryable):
        archiving.deposit(**place.case())
    place.faults.clear()
    with (place.data / "archiving/packages/call-1/package.tar.gz").open("ab") as file:
        file.write(b"!")
    with pytest.raises(ConnectorError, match="altéré"):
        archiving.deposit(**place.case())
    assert times(place) == []


def test_an_unknown_transfer_has_no_reply_yet(place):
    with pytest.raises(NotYet):
        place.connect().reply(message_identifier="../../?x", key="r")


def test_the_sandbox_checks_what_it_is_sent(place):
    wire = sandbox.application(place.data, {}, place.clock)
    http = httpx.Client(
        base_url="http://archiving.sandbox",
        transport=sandboxes.InMemory(wire),
        auth=(sandbox.USER, sha256_password(sandbox.PASSWORD)),
        trust_env=False,
    )
    place.connect().deposit(**place.case())
    manifest, files = package(place)

    def post(manifest, files):
        return http.post(
            "/sedaMessages",
            files={"seda_message": ("b.xml", manifest), "attachments": ("a.tgz", files)},
        ).status_code

    assert post(b"<pas du xml", files) == 400
    assert post(manifest, b"ni zip ni tar") == 400
    assert (
        http.post("/sedaMessages", files={"seda_message": ("b", manifest)}).status_code
        == 400
    )
    assert post(manifest, files) == 200
    assert post(manifest.replace(b"Morvan", b"Jura"), files) == 409
    assert times(place) == [2]
    other = manifest.replace(b"0042-1", b"0043-1").replace(
        b'algorithm="SHA-512">', b'algorithm="SHA-512">0'
    )
    assert post(other, files) == 200
    place.wait(minutes=1)
    reply = place.connect().reply(message_identifier="232100013-AIDE-2026-0043-1", key="r")
    assert reply.value["status"] == "refused"
    assert "Empreinte incorrecte : content/BDO-1.pdf" in reply.value["comments"]
    assert http.post("/answer", data={"answer": "warn"}).status_code == 303
    assert http.post("/answer", data={"answer": "?"}).status_code == 400
    assert "232100013-AIDE-2026-0042-1" in http.get("/").text
