"""How often one may try, and how much one may say: a limit protects accounts from guessing,
and memory from forms without end, not pages from readers.

limits.post(view, "10 per minute", by=limits.address)
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address)


def init_app(app: Flask) -> None:
    """Count in Redis when there is one, else in this process."""
    limiter.init_app(app)
    app.before_request(_bound_text)


def _bound_text() -> None:
    """A form without files is read into memory whole: it is bounded as its texts are."""
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def post(view: Callable[..., Any], allowed: str, *, by: Callable[[], str]) -> Any:
    """The view, whose submissions are limited for each value of `by`."""
    return limiter.limit(allowed, key_func=by, methods=["POST"])(view)


def address() -> str:
    """Limit by network address."""
    return f"address:{get_remote_address()}"


def email() -> str:
    """Limit by the e-mail address typed, so that many machines cannot guess together."""
    typed = request.form.get("email", "").strip().lower()
    return f"email:{typed or get_remote_address()}"
