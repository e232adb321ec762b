"""A request repeated under one `Idempotency-Key` acts once, and is answered the same.

What it makes also has an id worked out from the key: had a machine stopped between the act
and its answer, doing it again would find it done.
"""

import re
from collections.abc import Callable
from uuid import UUID, uuid4, uuid5

from flask import Response, request
from flask_babel import gettext as _

from engine.commands import api_keys as commands
from web.api import keyed, receiving
from web.api.problems import wrong

HEADER = "Idempotency-Key"
FORM = r"^[!-~]{1,200}$"

_KEPT = ("Content-Type", "ETag", "Location")


def once(do: Callable[[], Response]) -> Response:
    """What `do` answers, or answered when it was first asked. Raises Problem, EngineError."""
    name = _name()
    if name is None:
        return do()
    person = keyed.key().person_id
    known = commands.begin(person, name, receiving.digest())
    if known is not None:
        again = Response(known.body, known.status, known.headers)
        again.headers["Idempotent-Replayed"] = "true"
        return again
    try:
        made = do()
    except BaseException:
        commands.give_up(person, name)
        raise
    kept = {one: made.headers[one] for one in _KEPT if one in made.headers}
    commands.answered(person, name, made.status_code, kept, made.get_data())
    return made


def new_id() -> UUID:
    """The id of what this request makes: always the same for the same key."""
    name = _name()
    return uuid4() if name is None else uuid5(keyed.key().person_id, name)


def _name() -> str | None:
    given = request.headers.get(HEADER)
    if given is None or re.fullmatch(FORM, given):
        return given
    sentence = _("Idempotency-Key : de 1 à 200 caractères visibles, un UUID par exemple.")
    raise wrong("bad-header", HEADER, sentence, where="header")
