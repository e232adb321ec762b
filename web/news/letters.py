"""What letters carry: a link that opens its reader's preferences, signed in or not."""

from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from web.mailing import link


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="letters")


def preferences_link(person_id: UUID) -> str:
    """The address of a person's preferences, for a letter of theirs alone."""
    token = _signer().dumps(str(person_id))
    return link("news.letter_preferences", token=token)


def whose(token: str) -> UUID:
    """The person to whom a link was written. Raises BadSignature."""
    try:
        return UUID(_signer().loads(token))
    except (ValueError, AttributeError) as wrong:
        raise BadSignature("not a person") from wrong


def one_line(text: str) -> str:
    """What people and diagrams wrote, without the line breaks by which it would be more."""
    return " ".join(text.split())[:200]
