"""Which algorithms and sizes of key sign, and until when: a register of dated rows.

`algorithms.csv`, or another file of the same columns (setting SIGNATURE_ALGORITHMS). A row
says what an algorithm is from a day on, `below` so many bits for keys: accepted, weakened
(it still signs, but another should be chosen) or retired. The worst row that holds on a day
wins; what no row names is retired.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from connectors import Misconfigured, Refused

Plain = dict[str, Any]
ACCEPTED, WEAKENED, RETIRED = STANDINGS = ("accepted", "weakened", "retired")
SHIPPED = Path(__file__).with_name("algorithms.csv")
PASSED, INDETERMINATE, FAILED = "TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"
UNFIT = "CRYPTO_CONSTRAINTS_FAILURE"
UNFIT_SINCE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
ALWAYS = date.min
CURE = "demandez-en un à clé RSA de 3072 bits au moins, ou ECDSA de 256 bits."
_KEYS = {"rsassa_pss": "rsa", "rsassa_pkcs1v15": "rsa", "ecdsa": "ec"}
_NAMES = {"rsa": "RSA {} bits", "ec": "ECDSA {} bits", "dsa": "DSA {} bits", "md5": "MD5"}


@dataclass(frozen=True)
class Used:
    """What a signature is made with: the key, and every digest behind it."""

    key: str
    bits: int
    digests: tuple[str, ...] = ()

    def parts(self) -> list[tuple[str, int]]:
        """(algorithm, bits) of each, the key first; the bits of a digest are none."""
        key = [(_KEYS.get(self.key, self.key), self.bits)] if self.key else []
        return key + [(one, 0) for one in dict.fromkeys(self.digests)]

    def name(self) -> str:
        """As people read it."""
        return ", ".join(
            _NAMES.get(one, one.upper().replace("SHA", "SHA-").replace("-3_", "3-")).format(
                bits
            )
            for one, bits in self.parts()
        )


@dataclass(frozen=True)
class Row:
    """One line of the register."""

    algorithm: str
    below: int  # 0: whatever the size
    since: str  # in ISO format
    standing: str

    def holds(self, algorithm: str, bits: int) -> bool:
        """Whether it is about an algorithm and a size."""
        return algorithm == self.algorithm and (not self.below or bits < self.below)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.since)


@dataclass(frozen=True)
class Register:
    """The rows, and what they say of a signature at a moment."""

    rows: tuple[Row, ...]

    def plain(self) -> list[Plain]:
        """Its rows as plain values, for a process apart."""
        return [asdict(one) for one in self.rows]

    def standing(self, used: Used, at: datetime) -> str:
        """`accepted`, `weakened` or `retired` at a moment."""
        day = at.astimezone(UTC).date()
        return max(
            (self._part(algorithm, bits, day) for algorithm, bits in used.parts()),
            key=STANDINGS.index,
        )

    def since(self, used: Used, standing: str) -> datetime | None:
        """From when it is so, or None when it is never to be; the first of days for ever."""
        days = [self._since(*part, standing) for part in used.parts()]
        return min((one for one in days if one), default=None)

    def told(self, used: Used, *, proved: datetime | None, claimed: datetime) -> Plain:
        """What facts tell: {name, standing, at, proved, weakened, retired}.

        Judged at the moment that a timestamp proves, else at the one that is claimed.
        """
        at = proved or claimed
        dates = {one: self.since(used, one) for one in (WEAKENED, RETIRED)}
        return {
            "name": used.name(),
            "standing": self.standing(used, at),
            "at": at.isoformat(),
            "proved": proved is not None,
            **{name: day.isoformat() if day else None for name, day in dates.items()},
        }

    def proves(self, stamps: Sequence[tuple[Used, datetime]], now: datetime) -> bool:
        """Whether a chain of timestamps, each covering the one before, proves its first moment.

        Each must have been good until the next one was put, the last until now.
        """
        until = [*(at for _, at in stamps[1:]), now]
        return bool(stamps) and all(
            self.standing(used, end) != RETIRED
            for (used, _), end in zip(stamps, until, strict=True)
        )

    def constrained(self, worth: Plain, used: Used, told: Plain, now: datetime) -> Plain:
        """{indication, sub_indication} of a signature, when its algorithm was not good.

        After ETSI EN 319 102-1: retired when it was made, or since, with nothing that proves
        when that was.
        """
        since = not told["proved"] and self.standing(used, now) == RETIRED
        if worth["indication"] == FAILED or not (told["standing"] == RETIRED or since):
            return worth
        if told["standing"] == RETIRED:
            return {**worth, "indication": INDETERMINATE, "sub_indication": UNFIT}
        if worth["sub_indication"] == "OUT_OF_BOUNDS_NO_POE":  # says as much
            return worth
        return {**worth, "indication": INDETERMINATE, "sub_indication": UNFIT_SINCE}

    def check(self, certificate: x509.Certificate, holder: str, now: datetime) -> None:
        """Refuse to sign with a key that is retired. Raises Refused, with the cure."""
        used = of(certificate)
        if self.standing(used, now) != RETIRED:
            return
        since = self.since(used, RETIRED)
        when = f" depuis le {since:%d/%m/%Y}" if since and since.date() > ALWAYS else ""
        raise Refused(
            [
                f"Le certificat de {holder} porte une clé {used.name()}, retirée{when} : {CURE}"
            ],
            code="retired",
        )

    def _part(self, algorithm: str, bits: int, day: date) -> str:
        said = [
            one.standing
            for one in self.rows
            if one.holds(algorithm, bits) and one.day <= day
        ]
        return max(said, key=STANDINGS.index, default=RETIRED)

    def _since(self, algorithm: str, bits: int, standing: str) -> datetime | None:
        rows = [one for one in self.rows if one.holds(algorithm, bits)]
        if not rows:
            return datetime.combine(ALWAYS, time(), UTC) if standing == RETIRED else None
        days = [one.day for one in rows if one.standing == standing]
        return datetime.combine(min(days), time(), UTC) if days else None


def register(settings: Mapping[str, str]) -> Register:
    """The register that is set up. Raises Misconfigured."""
    return _read(Path(settings.get("SIGNATURE_ALGORITHMS") or SHIPPED))


def restored(rows: Iterable[Plain]) -> Register:
    """A register that was told in plain values."""
    return Register(tuple(Row(**one) for one in rows))


@cache
def shipped() -> Register:
    """The one that comes with the connector."""
    return _read(SHIPPED)


def of(certificate: x509.Certificate, info: cms.SignerInfo | None = None) -> Used:
    """What a certificate's key signs with, and the digests of a CMS signature by it."""
    key = certificate.public_key
    digests: tuple[str, ...] = ()
    if info is not None:
        digests = (info["digest_algorithm"]["algorithm"].native,)
        with suppress(ValueError):  # an algorithm with a digest of its own, or none told
            digests += (info["signature_algorithm"].hash_algo,)
    return Used(key.algorithm, key.bit_size or 0, tuple(one for one in digests if one))


def dated(token: cms.SignedData) -> tuple[Used, datetime]:
    """What a timestamp is made with, and the moment that it tells."""
    known, info = extract_certs_for_validation(token), token["signer_infos"][0]
    content = token["encap_content_info"]["content"].parsed
    return of(known.signer_cert, info), content["gen_time"].native


def _read(path: Path) -> Register:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = tuple(map(_row, csv.DictReader(file)))
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(
            f"Signature : le registre des algorithmes {path.name} est illisible ({error})."
        ) from error
    return Register(rows)


def _row(told: Mapping[str, str]) -> Row:
    if told["standing"] not in STANDINGS:
        raise ValueError(told["standing"])
    since = date.fromisoformat(told["from"]) if told["from"] else ALWAYS
    return Row(
        told["algorithm"], int(told["below"] or 0), since.isoformat(), told["standing"]
    )
