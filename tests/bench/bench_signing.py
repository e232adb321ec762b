"""Many documents signed in one gesture, beside pyHanko alone with its key at hand.

    python -m tests.bench.bench_signing [number]

Ours is the whole of it: the page's gesture (access, documents frozen, the key asked, values
kept) and the workers' part (signed files stored, one act a folder with its circuit moved on,
its journal and its result), by one worker, on SQLite. pyHanko's is its own signer on the same
files in memory: the same key kept ready, the same stamp, the same timestamp authority, the same
answers about revocation given beforehand, the same level (B-LT). Both by the clock on the wall.
"""

import io
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from flask import Flask
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.signature import stamp
from connectors.signature.authority import Identity, authority
from engine import clock
from tests.bench.figures import figure, no_garbage
from tests.conftest import build, close, environment
from tests.web.browser import Browser
from tests.web.parapheur.lots import (
    ADDRESS,
    deposits,
    finish_all,
    letter,
    lot_of,
    results,
    signing_book,
    tasks,
)
from workflows.parapheur import stamping

NUMBER = 100
TIMES_PYHANKO = 1.3
BOX = (358, 34, 556, 113)


def main(number: int = NUMBER) -> None:
    """Tell how long each takes for so many documents, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        app = build(environment(Path(folder)))
        with app.app_context():
            ours, levels = _ours(app, number)
            theirs = _theirs(app, number)
        close(app)
    facts = {"documents": number, "level": levels}
    figure("signing", "seconds, our lot", ours, **facts)
    figure("signing", "seconds, pyHanko alone", theirs, **facts)
    figure("signing", "ratio to pyHanko", ours / theirs, goal=TIMES_PYHANKO, **facts)


def _ours(app: Flask, number: int) -> tuple[float, str]:
    book = signing_book(app)
    folders = deposits(book, number, letter(app))
    warm = deposits(book, 1, letter(app))
    marie = Browser(app, book.actor("presidence"))
    _signed(app, marie, tasks(book, warm))
    chosen = tasks(book, folders)
    with no_garbage():
        before = time.perf_counter()
        lot = _signed(app, marie, chosen)
        spent = time.perf_counter() - before
    found = results(lot)
    assert [one for one, _ in found.values()] == ["done"] * number, found
    return spent, "B-LT"


def _signed(app: Flask, browser: Browser, chosen: list[str]) -> str:
    page = browser.post(ADDRESS, {"tasks[]": chosen})
    form = {"tasks[]": chosen, "lot": lot_of(page), "signer": "demo", "pin": "1234"}
    answer = browser.send(ADDRESS, form)
    assert answer.status_code == 302, answer.text
    finish_all(app)
    return form["lot"]


def _theirs(app: Flask, number: int) -> float:
    kept = authority(app.extensions["settings"].data, clock.now)
    marie = kept.person("bench", "Présidence")
    connector = app.extensions["partners"]["signature"]
    signer, contents = (
        _signer(marie),
        [letter(app) + f"\n%{rank}\n".encode() for rank in range(number + 1)],
    )
    told = connector.trust.judge(marie.der, marie.chain, clock.now())
    unit = kept.timestamping
    dated = connector.trust.judge(unit.der, unit.chain, clock.now())
    drawn = stamp.draw(
        {"lines": ["Présidence", "Présidente", "Signé le 27/11/2026 à 10:00",
                   stamping.DEMONSTRATION], "width": 70, "height": 28},
        connector.settings,
    )  # fmt: skip
    path = app.extensions["settings"].data / "stamp.pdf"
    path.write_bytes(drawn)
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(kept.root.der)],
        other_certs=[x509.Certificate.load(one) for one in (*marie.chain, *unit.chain)],
        ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in (*told.ocsps, *dated.ocsps)],
        crls=[*map(_crl, (*told.crls, *dated.crls))],
        allow_fetching=False,
    )
    maker = PdfSigner(
        PdfSignatureMetadata(
            field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=True, validation_context=context,
        ),
        signer,
        timestamper=_Stamper(connector.timestamp),
        stamp_style=StaticStampStyle.from_pdf_file(str(path)),
        new_field_spec=SigFieldSpec("Signature", on_page=0, box=BOX),
    )  # fmt: skip
    _pyhanko(maker, contents.pop())
    with no_garbage():
        before = time.perf_counter()
        for content in contents:
            _pyhanko(maker, content)
        return time.perf_counter() - before


def _pyhanko(maker: PdfSigner, content: bytes) -> bytes:
    signed = maker.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(content)), bytes_reserved=32 * 1024
    )
    return bytes(signed.getvalue())


class _Ready(SimpleSigner):
    """pyHanko's signer, its key read once."""

    ready: Any = None

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        return bytes(self.ready.sign(data, padding.PKCS1v15(), hashes.SHA256()))


def _signer(held: Identity) -> SimpleSigner:
    content = held.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(one) for one in held.chain])
    signer = _Ready(
        signing_cert=x509.Certificate.load(held.der),
        signing_key=asn1_keys.PrivateKeyInfo.load(content),
        cert_registry=store,
    )
    signer.ready = held.key
    return signer


class _Stamper(TimeStamper):
    """The same authority, asked for a digest as we do."""

    def __init__(self, connector: Any) -> None:
        super().__init__()
        self.connector = connector

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        response = self.connector.http.post(
            self.connector.address, content=req.dump(),
            headers={"Content-Type": "application/timestamp-query"},
        )  # fmt: skip
        return tsp.TimeStampResp.load(response.content)


def _crl(content: bytes) -> Any:
    from asn1crypto import crl

    return crl.CertificateList.load(content)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
