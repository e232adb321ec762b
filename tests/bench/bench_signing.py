"""Many documents signed in one gesture, beside pyHanko alone with its key at hand.

    python -m tests.bench.bench_signing [number [turns]]

Ours is the whole of it: the page's gesture (access, documents frozen, the key asked, values
kept) and the workers' part (signed files stored, one act a folder with its circuit moved on,
its journal and its result), by one worker, on SQLite. pyHanko's is its own signer on the same
files in memory: the same key kept ready, the same stamp, the same timestamp authority, the same
answers about revocation given beforehand, the same level (B-LT). Both by the clock on the wall,
in turn, three times; the processor's seconds, of the processes apart as well, are told beside:
ours uses two cores where there are two, pyHanko one.
"""

import io
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

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
from sqlalchemy import select

from connectors.signature import stamp
from connectors.signature.authority import Identity, authority
from engine import clock
from engine.models import db
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
from workflows.parapheur.lots import SigningItem

Spent = tuple[float, float]
NUMBER = 100
READY = 4
"""Signed beforehand, so that what is read once in the life of a process is."""
TIMES_PYHANKO = 1.3
BOX = (358, 34, 556, 113)


def main(number: int = NUMBER, rounds: int = 3) -> None:
    """Tell how long each takes for so many documents, turn by turn, and the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        app = build(environment(Path(folder)))
        with app.app_context():
            logging.getLogger("pyhanko").setLevel(logging.ERROR)  # it must not wait to warn
            content = letter(app)
            gesture, alone = _ours(app, content), _theirs(app, content)
            gesture(READY)
            alone(READY)
            turns = [(gesture(number), alone(number)) for _ in range(rounds)]
        close(app)
    facts = {"documents": number, "level": "B-LT"}
    for rank, what in enumerate(("seconds", "processor seconds")):
        for who, side in (("our lot", 0), ("pyHanko alone", 1)):
            spent = median(turn[side][rank] for turn in turns)
            figure("signing", f"{what}, {who}", spent, **facts)
    ratios = sorted(ours[0] / theirs[0] for ours, theirs in turns)
    told = [round(one, 2) for one in ratios]
    figure(
        "signing",
        "ratio to pyHanko",
        median(ratios),
        goal=TIMES_PYHANKO,
        turns=told,
        **facts,
    )


def _ours(app: Flask, content: bytes) -> Callable[[int], Spent]:
    book = signing_book(app)
    marie = Browser(app, book.actor("presidence"))

    def gesture(number: int) -> Spent:
        chosen = tasks(book, deposits(book, number, content))
        with _timed() as spent:
            lot = _signed(app, marie, chosen)
        found = results(lot)
        assert [one for one, _ in found.values()] == ["done"] * number, found
        levels = select(SigningItem.level).where(SigningItem.lot_id == UUID(lot))
        assert set(db.session.scalars(levels)) == {"B-LT"}
        return spent[0]

    return gesture


@contextmanager
def _timed() -> Iterator[list[Spent]]:
    """The seconds of the wall and of the processor, our children's with them."""
    spent = list[Spent]()
    with no_garbage():
        before, worked = time.perf_counter(), _worked()
        yield spent
        spent.append((time.perf_counter() - before, _worked() - worked))


def _worked() -> float:
    tick = os.sysconf("SC_CLK_TCK")
    threads = Path(f"/proc/{os.getpid()}/task")
    spent = time.process_time()
    for child in {
        pid for one in threads.glob("*/children") for pid in one.read_text().split()
    }:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / tick
    return spent


def _signed(app: Flask, browser: Browser, chosen: list[str]) -> str:
    page = browser.post(ADDRESS, {"tasks[]": chosen})
    form = {"tasks[]": chosen, "lot": lot_of(page), "signer": "demo", "pin": "1234"}
    answer = browser.send(ADDRESS, form)
    assert answer.status_code == 302, answer.text
    finish_all(app)
    return form["lot"]


def _theirs(app: Flask, content: bytes) -> Callable[[int], Spent]:
    kept = authority(app.extensions["settings"].data, clock.now)
    marie = kept.person("bench", "Présidence")
    connector = app.extensions["partners"]["signature"]
    signer = _signer(marie)
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

    def alone(number: int) -> Spent:
        contents = [content + f"\n%{rank}\n".encode() for rank in range(number)]
        with _timed() as spent:
            for one in contents:
                _pyhanko(maker, one)
        return spent[0]

    return alone


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
