"""A clock that tests hold, and partners connected in an empty folder."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest


class HeldClock:
    def __init__(self):
        self.now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, **duration):
        self.now += timedelta(**duration)


@pytest.fixture
def clock():
    return HeldClock()


@pytest.fixture
def filed():
    """One document as a case refers to it, and its bytes."""
    content = "Plan de financement, 120 000 €".encode()
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "name": "Plan de financement — été.txt",
        "media_type": "text/plain",
        "size": len(content),
    }, content
