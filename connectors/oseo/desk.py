"""OSEO's desk in the sandbox: the requests it holds, the opinions it gives and sends back.

An opinion is signed after Standard Webhooks and posted to the request's `callback_url`;
what could not be delivered is sent again at each tick, under the same `webhook-id`.
"""

import base64
import hashlib
import hmac
import json
import secrets as random_secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.memory import Memory, memory
from connectors.sandboxes import Clock, Settings, moment

_REQUEST = """CREATE TABLE IF NOT EXISTS request (
    reference TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
    content TEXT NOT NULL, documents TEXT NOT NULL, received_at TEXT NOT NULL, opinion TEXT)"""
_CALLBACK = """CREATE TABLE IF NOT EXISTS callback (
    webhook_id TEXT PRIMARY KEY, reference TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, delivered_at TEXT, detail TEXT NOT NULL DEFAULT '')"""
_TABLES = (_REQUEST, _CALLBACK)
_PATIENCE = 100  # attempts to deliver an opinion


class Conflict(Exception):
    """The key has already served for another request."""


@dataclass(frozen=True)
class Desk:
    memory: Memory
    clock: Clock
    secret: str
    auto_answer: timedelta | None = None
    transport: httpx.BaseTransport | None = None

    def receive(
        self, key: str, content: dict[str, Any], documents: list[dict[str, Any]]
    ) -> tuple[dict[str, str], bool]:
        """Keeps a request, once a key; gives its acknowledgement, and whether it is new."""
        text = json.dumps(content, sort_keys=True)
        listed = json.dumps(documents, sort_keys=True)
        digest = hashlib.sha256(f"{text}\n{listed}".encode()).hexdigest()
        with self.memory.opened(*_TABLES) as db:
            held = db.execute("SELECT * FROM request WHERE key = ?", [key]).fetchone()
            if held:
                if held["digest"] != digest:
                    raise Conflict
                return _acknowledgement(held), False
            count = db.execute("SELECT count(*) FROM request").fetchone()[0]
            row = {
                "reference": f"OSEO-{self.clock().year}-{count + 1:05d}",
                "received_at": moment(self.clock()),
            }
            db.execute(
                "INSERT INTO request VALUES (:reference, :key, :digest, :content,"
                " :documents, :received_at, NULL)",
                row | {"key": key, "digest": digest, "content": text, "documents": listed},
            )
        return row, True

    def find(self, key: str) -> list[dict[str, str]]:
        with self.memory.opened(*_TABLES) as db:
            rows = db.execute("SELECT * FROM request WHERE key = ?", [key]).fetchall()
        return [_acknowledgement(row) for row in rows]

    def requests(self) -> list[dict[str, Any]]:
        """Every request, the latest first: reference, key, content, documents, received_at,
        opinion (None while pending), and the state of its call-back.
        """
        with self.memory.opened(*_TABLES) as db:
            rows = db.execute(
                "SELECT request.*, attempts, delivered_at, detail FROM request"
                " LEFT JOIN callback USING (reference) ORDER BY request.rowid DESC"
            ).fetchall()
        return [
            {
                **row,
                "content": json.loads(row["content"]),
                "documents": json.loads(row["documents"]),
            }
            for row in map(dict, rows)
        ]

    def answer(
        self,
        reference: str,
        opinion: str,
        *,
        amount: float | None = None,
        remarks: str = "",
        document: tuple[str, str, bytes] | None = None,
    ) -> bool:
        """Gives an opinion on a pending request, and sends it; says whether it was pending.

        `document` is (name, media type, bytes).
        """
        now = moment(self.clock())
        with self.memory.opened(*_TABLES) as db:
            row = db.execute(
                "UPDATE request SET opinion = ? WHERE reference = ? AND opinion IS NULL"
                " RETURNING content",
                [opinion, reference],
            ).fetchone()
            if row is None:
                return False
            content = json.loads(row["content"])
            body = {
                "request_reference": reference,
                "case_number": content["case_number"],
                "opinion": opinion,
                "amount": amount,
                "remarks": remarks,
                "issued_at": now,
            }
            if document:
                body["opinion_document"] = _attached(*document)
            db.execute(
                "INSERT INTO callback (webhook_id, reference, url, body) VALUES (?, ?, ?, ?)",
                [
                    f"msg_{random_secrets.token_hex(16)}",
                    reference,
                    content.get("callback_url") or "",
                    json.dumps(body, ensure_ascii=False),
                ],
            )
        self.deliver()
        return True

    def tick(self) -> None:
        """Answers by itself what has waited long enough; sends again what did not arrive."""
        for reference, content in self._due():
            amount = next(
                (
                    content["project"][name]
                    for name in _AMOUNTS
                    if name in content["project"]
                ),
                None,
            )
            remarks = "Avis rendu automatiquement par le partenaire d'essai."
            self.answer(reference, "favourable", amount=amount, remarks=remarks)
        self.deliver()

    def deliver(self) -> None:
        """Posts every opinion that has not arrived yet."""
        with self.memory.opened(*_TABLES) as db:
            waiting = db.execute(
                "SELECT * FROM callback WHERE delivered_at IS NULL AND url <> ''"
                " AND attempts < ? ORDER BY rowid",
                [_PATIENCE],
            ).fetchall()
        if not waiting:
            return
        with httpx.Client(transport=self.transport, timeout=10, trust_env=False) as http:
            for callback in waiting:
                self._post(http, callback["webhook_id"], callback["url"], callback["body"])

    def _post(self, http: httpx.Client, webhook_id: str, url: str, body: str) -> None:
        now = self.clock()
        try:
            answer = http.post(
                url, content=body.encode(), headers=self._signed(webhook_id, body, now)
            )
            detail = "" if answer.is_success else f"HTTP {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            detail = str(error) or type(error).__name__
        with self.memory.opened(*_TABLES) as db:
            db.execute(
                "UPDATE callback SET attempts = attempts + 1, detail = ?, delivered_at = ?"
                " WHERE webhook_id = ?",
                [detail, None if detail else moment(now), webhook_id],
            )

    def _signed(self, webhook_id: str, body: str, now: datetime) -> dict[str, str]:
        timestamp = str(int(now.timestamp()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        content = f"{webhook_id}.{timestamp}.{body}".encode()
        signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
        return {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }

    def _due(self) -> Iterator[tuple[str, dict[str, Any]]]:
        if self.auto_answer is None:
            return
        limit = moment(self.clock() - self.auto_answer)
        for request in self.requests():
            if request["opinion"] is None and request["received_at"] <= limit:
                yield request["reference"], request["content"]


_AMOUNTS = ("requested_amount", "amount")


def desk(
    data: Path,
    settings: Settings,
    clock: Clock,
    *,
    transport: httpx.BaseTransport | None = None,
) -> Desk:
    """The desk of this sandbox; `transport` carries its call-backs, by default the network."""
    seconds = settings.get("OSEO_AUTO_ANSWER_SECONDS")
    signing = settings.get("OSEO_WEBHOOK_SECRETS", "").split() or [secret(data)]
    delay = timedelta(seconds=float(seconds)) if seconds else None
    return Desk(memory(data, "oseo"), clock, signing[0], delay, transport)


def secret(data: Path) -> str:
    """The sandbox's own secret, drawn once and shared through a file that only we read."""
    path = data / "sandboxes" / "oseo.secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        drawn = path.with_name(f"oseo.{random_secrets.token_hex(8)}")
        drawn.touch(mode=0o600)
        drawn.write_text(
            "whsec_" + base64.b64encode(random_secrets.token_bytes(32)).decode()
        )
        with suppress(FileExistsError):  # another process was quicker: its secret stands
            path.hardlink_to(drawn)
        drawn.unlink()
    return path.read_text()


def _acknowledgement(row: Any) -> dict[str, str]:
    return {"reference": row["reference"], "received_at": row["received_at"]}


def _attached(name: str, media_type: str, content: bytes) -> dict[str, str]:
    return {
        "name": name,
        "media_type": media_type,
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
    }
