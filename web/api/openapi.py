"""The OpenAPI 3.1 description, made of the same declarations that serve the requests."""

from functools import cache
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from flask_babel import force_locale
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.api import repeating
from web.api.declaring import IF_MATCH, NO_CONTENT, OPERATIONS, Operation, operation
from web.api.problems import MEDIA, TITLES, ProblemDocument
from web.api.shapes import Shape

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"

ABOUT = """\
Déposer des demandes et les suivre, traiter des tâches, lire des dossiers, être prévenu.

Une clé se fait à l’adresse /reglages/api. Chaque liste est donnée par pages : suivez `next`
avec `cursor`. Les refus sont des documents `application/problem+json` qui disent quoi faire.
"""

TAGS = ("Clé", "Démarches", "Fichiers", "Brouillons", "Demandes", "Tâches", "Dossiers", "Parapheur",
        "Webhooks", "Description")  # fmt: skip
"""The subjects of the operations, in the order in which one reads them."""

_RATE = {
    name: {"schema": {"type": "integer", "minimum": 0}}
    for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
}


@operation(
    "GET", "/openapi.json", tag="Description", summary="Cette description",
    open_to_all=True,
    about="Cette description, en OpenAPI 3.1.",
)  # fmt: skip
def get_openapi() -> Response:
    """This description, in OpenAPI 3.1."""
    return Response(orjson.dumps(description()), mimetype="application/json")


@cache
def description() -> dict[str, Any]:
    """The whole description, in French: it is made once."""
    with force_locale("fr_FR"):
        return _description()


def _description() -> dict[str, Any]:
    schemas = _schemas()
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "e-bourgogne",
            "version": VERSION,
            "description": ABOUT,
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": tag} for tag in TAGS],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Une clé de votre organisation : ebg_…",
                }
            },
        },
    }


def _schemas() -> dict[str, Any]:
    asked: list[Any] = []
    for one in OPERATIONS:
        if one.body is not None:
            asked.append((one.body, "validation"))
        if isinstance(one.answer, type) and issubclass(one.answer, Shape):
            asked.append((one.answer, "serialization"))
    asked.append((ProblemDocument, "serialization"))
    _, made = models_json_schema(asked, by_alias=True, ref_template=REF)
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def name_of(model: type[BaseModel]) -> str:
    """What a model is called among the schemas."""
    bare = model.__name__
    return bare.replace("[", "_").replace("]", "_")


def _operation(one: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.tag],
        "summary": one.summary,
        "description": one.about,
        "security": [{"key": [scope]} for scope in one.scopes or ()]
        or ([] if one.scopes is None else [{"key": []}]),
        "parameters": [*_in_path(one), *_in_query(one), *_in_headers(one)],
        "responses": _responses(one),
    }
    if one.body is not None:
        told["requestBody"] = _body(one)
    elif one.multipart:
        file = {"type": "string", "format": "binary"}
        told["requestBody"] = {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": file},
                        "required": ["file"],
                        "additionalProperties": False,
                    }
                }
            },
        }
    return told


def _in_path(one: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"}
            if kind is UUID
            else {"type": "string", "minLength": 1, "maxLength": 200,
                  "pattern": r"^[a-z0-9_.]+$"},
        }
        for name, kind in one.arguments.items()
    ]  # fmt: skip


def _in_query(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema(ref_template=REF)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": found.pop("description", ""),
            "schema": found,
        }
        for name, found in ((n, _unless_null(s)) for n, s in schema["properties"].items())
    ]


def _unless_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is given or not: it is never null."""
    found = {k: v for k, v in schema.items() if k not in {"title", "default"}}
    if "default" in schema and schema["default"] is not None:
        found["default"] = schema["default"]
    choices = [one for one in found.pop("anyOf", []) if one != {"type": "null"}]
    return {**(choices[0] if choices else {}), **found}


def _in_headers(one: Operation) -> list[dict[str, Any]]:
    told = []
    if one.repeatable:
        told.append(
            {
                "name": repeating.HEADER,
                "in": "header",
                "required": False,
                "description": "Asked twice under the same, it acts once.",
                "schema": {"type": "string", "pattern": repeating.FORM,
                           "minLength": 1, "maxLength": 200},
            }
        )  # fmt: skip
    if one.if_match:
        told.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": "The ETag of what was read.",
                "schema": {"type": "string", "pattern": IF_MATCH},
            }
        )
    return told


def _body(one: Operation) -> dict[str, Any]:
    assert one.body is not None
    schema = {"$ref": REF.format(model=name_of(one.body))}
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if one.multipart:
        file = {"type": "string", "format": "binary"}
        content["multipart/form-data"] = {
            "schema": {
                "type": "object",
                "properties": {"request": schema},
                "required": ["request"],
                "additionalProperties": {"type": "array", "items": file},
            },
            "encoding": {"request": {"contentType": "application/json"}},
        }
    if one.example is not None:
        content["application/json"]["example"] = one.example
    return {"required": True, "content": content}


def _responses(one: Operation) -> dict[str, Any]:
    good: dict[str, Any] = {"description": one.summary}
    if one.scopes is not None:
        good["headers"] = dict(_RATE)
    if one.status != NO_CONTENT:
        good["content"] = {one.media: {"schema": _answer(one)}}
    told = {str(one.status): good}
    if one.method == "GET":
        told["304"] = {"description": "Rien n’a changé depuis l’ETag donné."}
    for status in sorted(_refusals(one)):
        told[str(status)] = {
            "description": str(TITLES.get(status, "")),
            "content": {MEDIA: {"schema": {"$ref": REF.format(model="ProblemDocument")}}},
        }
    return told


def _answer(one: Operation) -> dict[str, Any]:
    if isinstance(one.answer, type) and issubclass(one.answer, Shape):
        return {"$ref": REF.format(model=name_of(one.answer))}
    if one.media == "*/*":
        return {"type": "string", "format": "binary"}
    return {"type": "object"}


def _refusals(one: Operation) -> set[int]:
    """By what an operation may refuse: what it says, and what is common to those like it."""
    found = {400, 422, 500, 503, *one.problems}
    if one.scopes is not None:
        found |= {401, 403, 429}
    if one.body is not None:
        found |= {413, 415}
    if one.method != "GET":
        found |= {409}
    if one.arguments:
        found |= {404}
    if one.if_match:
        found |= {412, 428}
    return found
