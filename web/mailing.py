"""Letters to people, through the mail partner: plain text, after the commit, never twice.

A letter that cannot be sent is logged and does not fail the page: the person asks again.
"""

from uuid import uuid4

import structlog
from flask import current_app, g, render_template, url_for

from web.partners import partner

log = structlog.get_logger()


def letter(
    to: str, subject: str, template: str, *, about: str = "", **context: object
) -> None:
    """Write and send one letter; `template` is a path under templates/, ending in .txt."""
    send(to, subject, render_template(template, **context), about=about)


def send(to: str, subject: str, text: str, *, about: str = "") -> None:
    """Send now, or as soon as the transaction of this request is committed.

    `about` begins the Message-ID, for whoever reads what was sent.
    """
    key = f"{about}{uuid4().hex}"
    waiting = g.get("after_commit")

    def hand_over() -> None:
        try:
            partner("mail").send(to=[to], subject=subject, text=text, key=key)
        except Exception as failure:  # the person may ask again; the text would name them
            log.error("mail_not_sent", key=key, error=type(failure).__name__)

    if waiting is None:
        hand_over()
    else:
        waiting.append(hand_over)


def link(endpoint: str, **values: object) -> str:
    """An address for a letter, under PUBLIC_URL: never under the host a request claims."""
    public = current_app.extensions["settings"].public_url
    return str(public + url_for(endpoint, **values))  # type: ignore[arg-type]
