"""One JSON line an event on standard error, with the request's reference; no personal data.

Only rule patterns are logged, never addresses: an address may carry a token or a name.
"""

import logging
import re
import sys
import time
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from structlog.typing import Processor

log = structlog.get_logger()

_REFERENCE = re.compile(r"[A-Za-z0-9-]{8,64}")
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure() -> None:
    """Make structlog and the standard library's logging write the same lines."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *_SHARED],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [
        kept for kept in root.handlers if type(kept) is not logging.StreamHandler
    ]
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for chatty in ("werkzeug", "fontTools", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold whole addresses


def init_app(app: Flask) -> None:
    """Give each request a reference, and write one line when it ends."""
    app.before_request(_begin)
    app.after_request(_end)


def reference() -> str:
    """What a person may quote to us about this request."""
    return str(getattr(g, "reference", "-"))


def _begin() -> None:
    for left in list(g):  # tests keep one context for several requests
        g.pop(left)
    given = request.headers.get("X-Request-ID", "")
    g.reference = given if _REFERENCE.fullmatch(given) else uuid4().hex[:12]
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.reference)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = reference()
    if request.endpoint not in {"static", "health.healthz"}:
        log.info(
            "request",
            method=request.method,
            route=str(request.url_rule or "none"),
            status=response.status_code,
            ms=round(
                (time.perf_counter() - getattr(g, "began", time.perf_counter())) * 1000
            ),
        )
    return response
