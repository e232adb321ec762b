"""Replies are read as they are in the wild."""

import pytest

from connectors.archiving.replies import Unreadable, is_acknowledgement, read_reply


def test_a_vitam_acceptance(reference):
    reply = read_reply(reference("samples/vitam-ATR-OK.xml").read_bytes())
    assert reply.status == "accepted"
    assert len(reply.archive_identifiers) == 15
    assert reply.archive_identifiers[0] == "aeaqaaaaaae2txtzaabdlkaltyrxsyxiaaaaq" or all(
        it.startswith("aeaq") for it in reply.archive_identifiers
    )


def test_a_vitam_refusal(reference):
    reply = read_reply(reference("samples/vitam-ATR-KO.xml").read_bytes())
    assert reply.status == "refused"
    assert reply.archive_identifiers == ()
    assert len(reply.comments) == 3
    assert "services agents inconnus" in reply.comments[2]


V1 = "fr:gouv:culture:archivesdefrance:seda:v1.0"
V02 = "fr:gouv:ae:archive:draft:standard_echange_v0.2"


@pytest.mark.parametrize(
    ("message", "status", "identifiers"),
    [
        (
            (f'<ArchiveTransferReply xmlns="{V1}"><Comment>Vu</Comment><ReplyCode>000</ReplyCode>'
            "<Archive><ArchivalAgencyArchiveIdentifier>FRAD21_7</ArchivalAgencyArchiveIdentifier>"
            "</Archive></ArchiveTransferReply>"),
            "accepted",
            ("FRAD21_7",),
        ),
        (
            (f'<ArchiveTransferReply xmlns="{V02}"><ReplyCode listVersionID="x"> 203 </ReplyCode>'
            "</ArchiveTransferReply>"),
            "refused",
            (),
        ),
        (
            (f'<ArchiveTransferAcceptance xmlns="{V02}"><Archive><ArchivalAgencyArchiveIdentifier>'
            "A1</ArchivalAgencyArchiveIdentifier></Archive></ArchiveTransferAcceptance>"),
            "accepted",
            ("A1",),
        ),
        ("<ArchiveTransferReply><ReplyCode>WARNING</ReplyCode></ArchiveTransferReply>",
         "accepted_with_warning", ()),
    ],
)  # fmt: skip
def test_older_messages(message, status, identifiers):
    reply = read_reply(message.encode())
    assert (reply.status, reply.archive_identifiers) == (status, identifiers)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"<html>maintenance",
        b"<html>maintenance</html>",
        b"<ArchiveTransferReply/>",
        b"<ArchiveTransferReply><ReplyCode>FATAL</ReplyCode></ArchiveTransferReply>",
        (
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            b"<ArchiveTransferReply><ReplyCode>&e;</ReplyCode></ArchiveTransferReply>"
        ),
    ],
)
def test_what_makes_no_sense_is_for_a_person(message):
    with pytest.raises(Unreadable):
        read_reply(message)


def test_acknowledgements_of_every_version():
    assert is_acknowledgement(f'<Acknowledgement xmlns="{V1}"/>'.encode())
    assert is_acknowledgement(f'<ArchiveTransferReply xmlns="{V02}"/>'.encode())
    assert not is_acknowledgement(b"<html/>")
