"""Declares an operation of the API, once: its route, what it reads, what it answers.

    @operation("GET", "/requests/{request_id}", REQUESTS_READ, tag="Demandes",
               summary="Suivre une demande", about="Où en est une demande : …")
    def get_request(request_id: UUID) -> Request:
        \"\"\"Where a request stands, and what is awaited of whom.\"\"\"

`query` and `body` are arguments of these names; their types are judged by pydantic, and what
the function returns is its answer. `web.api.openapi` describes the same declarations.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import NoResultFound

from engine.access import Forbidden
from engine.errors import EngineError
from web.api import keyed, refusals, repeating
from web.api.problems import Problem, answer
from web.api.receiving import body as read_body
from web.api.receiving import query as read_query
from web.api.shapes import Shape
from web.auth import public
from web.security import csrf

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)

View = TypeVar("View", bound=Callable[..., Any])

NO_CONTENT = 204

IF_MATCH = '^"[0-9]{1,9}"$'


@dataclass(frozen=True)
class Operation:
    """One operation, as it was declared."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    about: str
    in_english: str
    scopes: tuple[str, ...] | None  # None: no key is asked
    arguments: Mapping[str, Any]
    query: type[Shape] | None
    body: type[Shape] | None
    answer: Any
    status: int
    media: str
    multipart: bool
    repeatable: bool
    if_match: bool
    problems: tuple[int, ...]
    example: Any
    links: Mapping[str, str] = field(default_factory=dict)


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    *scopes: str,
    tag: str,
    summary: str,
    about: str,
    status: int = 200,
    media: str = "application/json",
    multipart: bool = False,
    repeatable: bool = False,
    if_match: bool = False,
    problems: tuple[int, ...] = (),
    example: Any = None,
    open_to_all: bool = False,
) -> Callable[[View], View]:
    """Register a view as an operation; see the module.

    `summary` and `about` are in French, the docstring is its English. `repeatable`: asked twice under one `Idempotency-Key`, it acts once. `if_match`: it asks
    for the `ETag` of what was read. `problems`: what it refuses by, besides what is common.
    """

    def declare(view: View) -> View:
        hints = get_type_hints(view)
        names = [name for name in inspect.signature(view).parameters if name in hints]
        declared = Operation(
            method=method,
            path=path,
            name=view.__name__,
            tag=tag,
            summary=summary,
            about=about,
            in_english=inspect.getdoc(view) or "",
            scopes=None if open_to_all else scopes,
            arguments={n: hints[n] for n in names if n not in {"query", "body"}},
            query=hints.get("query"),
            body=hints.get("body"),
            answer=hints["return"],
            status=status,
            media=media,
            multipart=multipart,
            repeatable=repeatable,
            if_match=if_match,
            problems=problems,
            example=example,
        )
        OPERATIONS.append(declared)
        guarded = (public if open_to_all else keyed.keyed(*scopes))(_served(declared, view))
        bp.add_url_rule(_rule(declared), view.__name__, guarded, methods=[method])
        return view

    return declare


def _rule(declared: Operation) -> str:
    rule = declared.path
    for name, kind in declared.arguments.items():
        converter = "uuid:" if kind is UUID else ""
        rule = rule.replace(f"{{{name}}}", f"<{converter}{name}>")
    return rule


def _served(declared: Operation, view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def serve(**arguments: Any) -> Response:
        if not declared.repeatable:
            return _done(declared, view, arguments)
        return repeating.once(lambda: _done(declared, view, arguments))

    return serve


def _done(
    declared: Operation, view: Callable[..., Any], arguments: dict[str, Any]
) -> Response:
    asked = read_query(declared.query)
    if asked is not None:
        arguments["query"] = asked
    if declared.body is not None:
        arguments["body"] = read_body(declared.body, multipart=declared.multipart)
    made = view(**arguments)
    if isinstance(made, Response):
        return made
    told = made.model_dump_json() if isinstance(made, Shape) else made
    response = Response(told or "", declared.status, mimetype=declared.media)
    if declared.status == NO_CONTENT:
        del response.headers["Content-Type"]
    response.headers.update(g.get("api_headers", {}))
    if declared.method == "GET":
        if "ETag" not in response.headers:
            response.add_etag()
        response.make_conditional(request)
    return response


def tell(name: str, value: str) -> None:
    """Send a header with the answer to this request."""
    g.setdefault("api_headers", {})[name] = value


@bp.after_request
def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(["Authorization", "Accept-Language"])
    return keyed.tell_rate(response)


@bp.errorhandler(Problem)
def _problem(problem: Problem) -> Response:
    return answer(problem)


@bp.errorhandler(Forbidden)
@bp.errorhandler(NoResultFound)
@bp.errorhandler(EngineError)
def _refused(failure: Exception) -> Response:
    return answer(refusals.of(failure))
