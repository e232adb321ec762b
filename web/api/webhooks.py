"""Webhooks: the addresses that an organisation is told at, and how each telling went."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from flask import current_app
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy import select

from connectors.webhooks import AddressRefused, checked, new_secret_of
from engine import webhooks
from engine.api_keys import FOLDERS_READ, WEBHOOKS_MANAGE
from engine.commands import webhooks as commands
from engine.webhooks import LONGEST_URL, Webhook, WebhookDelivery
from web.api import cursors, keyed, refusals
from web.api.declaring import operation, tell
from web.api.problems import Problem, wrong
from web.api.shapes import Listing, Page, Shape, plain_text, whole

TAG = "Webhooks"

Event = Literal[
    "case.filed", "case.status_changed", "task.opened", "task.completed", "decision.made",
    "message.sent", "document.added",
    "folder.deposited", "folder.step_done", "folder.signed", "folder.refused",
    "folder.returned", "folder.abandoned", "folder.transmitted", "folder.acknowledged",
    "folder.finished",
]  # fmt: skip
Url = Annotated[
    str,
    Field(
        min_length=12,
        max_length=LONGEST_URL,
        pattern=r"^https?://[!-~]+$",
        description="A public https address.",
        examples=["https://logiciel.example.org/ebourgogne"],
    ),
]
Events = Annotated[list[Event], Field(min_length=1, max_length=40)]

EXAMPLE = {
    "url": "https://logiciel.example.org/ebourgogne",
    "events": ["case.status_changed", "decision.made"],
}


class NewWebhook(Shape):
    """An address to be told at, and of what."""

    url: Url
    events: Events
    name: Annotated[str, plain_text(80)] = ""


class WebhookChange(Shape):
    """What is to change; what is not given stays."""

    url: Url | None = None
    events: Events | None = None
    name: Annotated[str, plain_text(80)] | None = None
    status: Literal["active", "disabled"] | None = None


class WebhookTold(Shape):
    """An address and how it fares."""

    id: UUID
    url: str
    name: str
    events: list[Event]
    status: Literal["active", "disabled"]
    reason: str = Field(description="Why it was disabled.")
    created_at: datetime


class WebhookMade(WebhookTold):
    """An address with the secret that signs what it is told."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])


class SecretRenewal(Shape):
    """For how many hours the former secret signs too."""

    overlap_hours: Annotated[int, *whole(0, 720)] = 24


class Delivery(Shape):
    """An event and what came of telling it."""

    id: UUID = Field(description="The `webhook-id` of the event.")
    type: str
    at: datetime
    status: Literal["ready", "delivered", "failed"]
    attempts: int
    last_at: datetime | None
    last_code: int | None = Field(description="What the address answered, if it did.")
    last_error: str
    next_at: datetime | None


@operation(
    "GET", "/webhooks", WEBHOOKS_MANAGE, tag=TAG, summary="Lister les webhooks",
    about="Les adresses de l’organisation, la dernière d’abord.",
)  # fmt: skip
def list_webhooks(query: Listing) -> Page[WebhookTold]:
    """The addresses of the organisation, the latest first."""
    asked = select(Webhook).where(Webhook.organisation_id == keyed.key().organisation_id)
    rows, following = cursors.latest(asked, query, Webhook.created_at, Webhook.id)
    return Page(items=[_told(one) for one, *_ in rows], next=following)


@operation(
    "POST", "/webhooks", WEBHOOKS_MANAGE, tag=TAG, status=201, repeatable=True,
    problems=(409,), summary="Ajouter un webhook", example=EXAMPLE,
    about="Fait prévenir une adresse ; gardez son secret, par lequel ce qu’elle reçoit se vérifie. Des dossiers du parapheur (`folder.*`), elle apprend ce que la clé elle-même peut en lire : il y faut le droit `folders:read`.",
)  # fmt: skip
def create_webhook(body: NewWebhook) -> WebhookMade:
    """Have an address told; keep its secret, by which what it is told is verified.

    Of folders of the signature book (`folder.*`), it is told what the key itself may read:
    the key needs `folders:read`.
    """
    made = commands.create(
        keyed.key().organisation_id,
        url=address(body.url),
        name=body.name,
        events=body.events,
        actor=keyed.actor(),
        seen_by=_eyes(body.events),
    )
    tell("Location", f"/api/v1/webhooks/{made}")
    return _with_secret(made)


@operation(
    "GET", "/webhooks/{webhook_id}", WEBHOOKS_MANAGE, tag=TAG, problems=(404,),
    summary="Lire un webhook",
    about="Une adresse, ce dont elle est prévenue, et si elle l’est encore.",
)  # fmt: skip
def get_webhook(webhook_id: UUID) -> WebhookTold:
    """An address, what it is told of, and whether it still is."""
    return _told(_mine(webhook_id))


@operation(
    "PATCH", "/webhooks/{webhook_id}", WEBHOOKS_MANAGE, tag=TAG, problems=(404,),
    summary="Changer un webhook", example={"status": "active"},
    about="Change une adresse, l’arrête ou la reprend : elle est alors prévenue de ce qui l’attendait. Qui change l’adresse ou les événements d’un webhook de dossiers (`folder.*`) y met ses propres droits.",
)  # fmt: skip
def change_webhook(webhook_id: UUID, body: WebhookChange) -> WebhookTold:
    """Change an address, disable it, or enable it: it is then told what waited for it.

    A key that changes the address or the events of a webhook of folders gives it its own eyes.
    """
    hook = _mine(webhook_id)
    new = body.url is not None or body.events is not None
    commands.change(
        hook.id,
        url=None if body.url is None else address(body.url),
        name=body.name,
        events=body.events,
        active=None if body.status is None else body.status == webhooks.ACTIVE,
        actor=keyed.actor(),
        seen_by=_eyes(body.events or hook.events) if new else None,
    )
    return _told(_mine(webhook_id))


@operation(
    "DELETE", "/webhooks/{webhook_id}", WEBHOOKS_MANAGE, tag=TAG, status=204,
    problems=(404,), summary="Retirer un webhook",
    about="Ne prévient plus une adresse, et oublie ce qu’elle a reçu.",
)  # fmt: skip
def delete_webhook(webhook_id: UUID) -> None:
    """Tell an address nothing any more, and forget what it was told."""
    commands.remove(_mine(webhook_id).id, actor=keyed.actor())


@operation(
    "POST", "/webhooks/{webhook_id}/secret", WEBHOOKS_MANAGE, tag=TAG, problems=(404,),
    repeatable=True, summary="Changer le secret", example={"overlap_hours": 24},
    about="Signe avec un nouveau secret ; l’ancien signe aussi pendant un temps.",
)  # fmt: skip
def renew_webhook_secret(webhook_id: UUID, body: SecretRenewal) -> WebhookMade:
    """Sign with a new secret; the former one signs too for a while."""
    overlap = timedelta(hours=body.overlap_hours)
    commands.renew_secret(_mine(webhook_id).id, overlap=overlap, actor=keyed.actor())
    return _with_secret(webhook_id)


@operation(
    "POST", "/webhooks/{webhook_id}/test", WEBHOOKS_MANAGE, tag=TAG, status=204,
    problems=(404,), summary="Essayer un webhook",
    about="Envoie à l’adresse un événement `webhook.test`.",
)  # fmt: skip
def try_webhook(webhook_id: UUID) -> None:
    """Tell the address a `webhook.test` event."""
    commands.try_out(_mine(webhook_id).id, actor=keyed.actor())


@operation(
    "GET", "/webhooks/{webhook_id}/deliveries", WEBHOOKS_MANAGE, tag=TAG, problems=(404,),
    summary="Lister les envois",
    about="Ce que l’adresse a reçu depuis trente jours, et comment cela s’est passé.",
)  # fmt: skip
def list_deliveries(webhook_id: UUID, query: Listing) -> Page[Delivery]:
    """What the address was told in the last thirty days, and how it went."""
    row = WebhookDelivery
    asked = select(row).where(row.webhook_id == _mine(webhook_id).id)
    rows, following = cursors.latest(asked, query, row.at, row.event_id)
    return Page(items=[_delivery(one) for one, *_ in rows], next=following)


@operation(
    "POST", "/webhooks/{webhook_id}/deliveries/{event_id}/redelivery", WEBHOOKS_MANAGE,
    tag=TAG, status=204, problems=(404,), summary="Renvoyer un événement",
    about="Envoie de nouveau un événement, quoi qu’il en soit advenu.",
)  # fmt: skip
def redeliver(webhook_id: UUID, event_id: UUID) -> None:
    """Tell an event again, whatever came of it before."""
    commands.redeliver(_mine(webhook_id).id, event_id, actor=keyed.actor())


def address(url: str) -> str:
    """An address that may be told. Raises Problem that says why it may not."""
    inside = current_app.extensions["settings"].webhooks_inside
    try:
        return checked(url, inside=inside)
    except AddressRefused as refused:
        raise wrong("bad-url", "/url", why(refused)) from None


def why(refused: AddressRefused) -> str:
    """What is wrong with an address, and its cure."""
    said = {
        "scheme": _("Adresse : elle doit commencer par https://."),
        "user": _("Adresse : retirez le nom et le mot de passe avant l’arobase."),
        "inside": _("Adresse : elle n’est pas publique ; donnez un nom de l’internet."),
        "host": _("Adresse : son nom d’hôte n’est pas un nom de l’internet public."),
        "fragment": _("Adresse : retirez ce qui suit le dièse."),
        "port": _("Adresse : son numéro de port ne convient pas."),
    }
    otherwise = _("Adresse : écrivez-la ainsi, https://logiciel.example.org/chemin.")
    return str(said.get(refused.why, otherwise))


def secret_of(hook: Webhook, generation: int | None = None) -> str:
    """The secret by which what an address is told is signed."""
    key = current_app.config["SECRET_KEY"]
    return new_secret_of(key, hook.id, generation or hook.generation)


def _eyes(events: Collection[str]) -> UUID | None:
    """Whose eyes folders are seen through: the key's own. Raises Problem without the scope."""
    if not set(events) & set(webhooks.FOLDER_EVENTS):
        return None
    if FOLDERS_READ not in keyed.key().scopes:
        sentence = _(
            "Pour être prévenue des dossiers du parapheur, la clé doit avoir le droit « folders:read »."
        )
        raise Problem(403, "missing-scope", sentence)
    return keyed.key().person_id


def _mine(webhook_id: UUID) -> Webhook:
    return refusals.found(Webhook, webhook_id, "change")


def _told(hook: Webhook) -> WebhookTold:
    return WebhookTold(
        id=hook.id,
        url=hook.url,
        name=hook.name,
        events=hook.events,  # type: ignore[arg-type]
        status=hook.status,  # type: ignore[arg-type]
        reason=hook.reason,
        created_at=hook.created_at,
    )


def _with_secret(webhook_id: UUID) -> WebhookMade:
    hook = _mine(webhook_id)
    return WebhookMade(**_told(hook).model_dump(), secret=secret_of(hook))


def _delivery(one: WebhookDelivery) -> Delivery:
    return Delivery(
        id=one.event_id,
        type=one.type,
        at=one.at,
        status=one.status,  # type: ignore[arg-type]
        attempts=one.attempts,
        last_at=one.last_at,
        last_code=one.last_code,
        last_error=one.last_error,
        next_at=one.due_at if one.status == webhooks.READY else None,
    )
