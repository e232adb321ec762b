"""The first version of the API: every operation there is, each declared in its own module."""

from web.api import (
    cases,
    definitions,
    drafts,
    files,
    folder_acts,
    folders,
    me,
    openapi,
    requests,
    tasks,
    webhooks,
)
from web.api.declaring import bp

__all__ = [
    "bp",
    "cases",
    "definitions",
    "drafts",
    "files",
    "folder_acts",
    "folders",
    "me",
    "openapi",
    "requests",
    "tasks",
    "webhooks",
]
