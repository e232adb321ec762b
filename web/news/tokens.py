"""Who may hear which channels: a page is given a token, the event process checks it alone.

Nothing of Flask nor of the database is needed here: the event process loads it too.
"""

from collections.abc import Sequence

from itsdangerous import BadSignature, URLSafeTimedSerializer

LIFE = 12 * 3600
"""Seconds for which a page that stays open may listen."""

MOST = 32
"""Channels of one page."""


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="channels")


def sign(secret: str, channels: Sequence[str]) -> str:
    """A token for these channels, the first ones if there are too many."""
    return str(_signer(secret).dumps(list(channels)[:MOST]))


def channels(secret: str, token: str) -> frozenset[str]:
    """What the bearer may hear. Raises BadSignature, for one that is forged or too old."""
    named = _signer(secret).loads(token, max_age=LIFE)
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise BadSignature("not channels")
    return frozenset(named[:MOST])
