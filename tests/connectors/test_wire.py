"""Each way an HTTP call may fail, as the house names it."""

import ssl
from datetime import timedelta

import httpx
import pytest

from connectors import Ambiguous, Misconfigured, Refused, Retryable, Throttled
from connectors.wire import Unreadable, call, json_object, retry_after, text_field


def _call(answer, *, acts=True, **options):
    def handle(request):
        if isinstance(answer, Exception):
            raise answer
        return answer

    with httpx.Client(
        base_url="https://partenaire.example", transport=httpx.MockTransport(handle)
    ) as http:
        return call(http, "POST", "x", partner="Le partenaire", acts=acts, **options)


def _tls():
    error = httpx.ConnectError("certificate verify failed")
    error.__cause__ = ssl.SSLCertVerificationError("périmé")
    return error


@pytest.mark.parametrize(
    ("answer", "acting", "asking"),
    [
        (httpx.ConnectError("refusée"), Retryable, Retryable),
        (httpx.ConnectTimeout("trop long"), Retryable, Retryable),
        (httpx.PoolTimeout("saturé"), Retryable, Retryable),
        (httpx.ReadTimeout("trop long"), Ambiguous, Retryable),
        (httpx.WriteTimeout("trop long"), Ambiguous, Retryable),
        (httpx.ReadError("coupée"), Ambiguous, Retryable),
        (httpx.RemoteProtocolError("coupée"), Ambiguous, Retryable),
        (httpx.UnsupportedProtocol("ftp"), Misconfigured, Misconfigured),
        (httpx.InvalidURL("???"), Misconfigured, Misconfigured),
        (httpx.DecodingError("gzip"), Unreadable, Unreadable),
        (_tls(), Misconfigured, Misconfigured),
        (httpx.Response(302, headers={"Location": "/"}), Misconfigured, Misconfigured),
        (httpx.Response(400), Refused, Refused),
        (httpx.Response(401), Misconfigured, Misconfigured),
        (httpx.Response(403), Misconfigured, Misconfigured),
        (httpx.Response(404), Misconfigured, Misconfigured),
        (httpx.Response(408), Retryable, Retryable),
        (httpx.Response(409), Refused, Refused),
        (httpx.Response(422), Refused, Refused),
        (httpx.Response(429), Throttled, Throttled),
        (httpx.Response(500), Retryable, Retryable),
        (httpx.Response(502), Ambiguous, Retryable),
        (httpx.Response(503), Retryable, Retryable),
        (httpx.Response(504), Ambiguous, Retryable),
    ],
    ids=repr,
)
def test_every_failure_has_its_name(answer, acting, asking):
    for acts, expected in ((True, acting), (False, asking)):
        with pytest.raises(expected) as error:
            _call(answer, acts=acts)
        assert type(error.value) is expected
        assert "partenaire" in str(error.value)


def test_an_expected_status_is_an_answer():
    assert _call(httpx.Response(404), expected={404}).status_code == 404
    assert _call(httpx.Response(201)).status_code == 201


def test_reasons_are_the_partner_s():
    with pytest.raises(Refused, match="Hors délai"):
        _call(httpx.Response(422, text="Hors délai"))
    with pytest.raises(Refused, match="HTTP 422"):
        _call(httpx.Response(422, text="<html>erreur</html>"))
    with pytest.raises(Refused) as refusal:
        _call(httpx.Response(422, json=["a", "b"]), reasons=lambda answer: answer.json())
    assert refusal.value.reasons == ["a", "b"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "120"}, timedelta(seconds=120)),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 09:30:10 GMT",
                "Date": "Mon, 23 Nov 2026 09:30:00 GMT",
            },
            timedelta(seconds=10),
        ),
        (
            {
                "Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT",
                "Date": "Mon, 23 Nov 2026 09:30:00 GMT",
            },
            timedelta(),
        ),
        ({"Retry-After": "Mon, 23 Nov 2026 09:30:10 GMT"}, None),
        ({"Retry-After": "bientôt".encode()}, None),
        ({}, None),
    ],
)
def test_waits_as_long_as_asked(headers, expected):
    assert retry_after(httpx.Response(503, headers=headers)) == expected


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b"\xff", b"null"])
def test_an_answer_must_be_an_object(content):
    with pytest.raises(Unreadable):
        json_object(httpx.Response(200, content=content), partner="P")


@pytest.mark.parametrize("answer", [{}, {"id": ""}, {"id": 3}, {"id": None}])
def test_a_text_that_must_be_there(answer):
    with pytest.raises(Unreadable, match="id"):
        text_field(answer, "id", partner="P")
