"""What lifts the postponement of a task: the thing that its holder was waiting for happened.

Called in the transaction of what happens.
"""

from uuid import UUID

from sqlalchemy import bindparam, update

from engine import rows
from engine.models import IS_OPEN, UserTask

DOCUMENT, MESSAGE, ANSWER = "document", "message", "answer"
EVENTS = (DOCUMENT, MESSAGE, ANSWER)
"""A document arrives; the applicant writes; the applicant, a partner or a body answers."""

_WAKE = (
    update(UserTask)
    .where(
        UserTask.instance_id == bindparam("of_instance", type_=UserTask.instance_id.type),
        IS_OPEN,
        UserTask.follow_up_event == bindparam("event"),
    )
    .values(follow_up_at=None, follow_up_event="")
)


def wake(instance_id: UUID, event: str) -> None:
    """Have the tasks that were put off until this event come back, at the commit."""
    rows.write(_WAKE, [{"of_instance": instance_id, "event": event}])
