"""What the sweep finds and cannot do is tried again later, and keeps nobody else waiting.

    with or_later(Message, message_id):
        ...

A row held by somebody is met again at the next sweep; any other failure is put off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import update

from engine import clock
from engine.errors import Busy, TaskSuspended
from engine.models import db
from engine.transaction import transaction

log = structlog.get_logger()

RETRY = timedelta(minutes=5)


@contextmanager
def or_later(table: Any, row_id: UUID, column: str = "retry_at") -> Iterator[None]:
    """Do what a row asks for, in transactions of one's own; `column` is moved on failure."""
    try:
        yield
    except (Busy, TaskSuspended):
        return
    except Exception:
        log.exception("put_off", table=table.__tablename__, id=str(row_id))
        with transaction():
            db.session.execute(
                update(table)
                .where(table.id == row_id)
                .values({column: clock.now() + RETRY})
            )
