"""The pages of an organisation's webhooks: what each is told, and how it went."""

from datetime import timedelta
from uuid import UUID

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from connectors.webhooks import AddressRefused, checked
from engine import webhooks
from engine.commands import webhooks as commands
from engine.commands.webhooks import TooManyWebhooks
from engine.directory import Organisation
from engine.models import db
from engine.webhooks import EVENTS, FOLDER_EVENTS, MOST_WEBHOOKS, Webhook, WebhookDelivery
from web.api.settings import bp, page_of, reading_folders, tell_once, told_once
from web.api.webhooks import secret_of, why
from web.auth import current_actor, guard
from web.paging import bounded
from web.typed import page_number, text

PER_PAGE = 25
OVERLAP = timedelta(hours=24)

EVENT_NAMES = {
    webhooks.FILED: lazy_gettext("Un dossier commence"),
    webhooks.STATUS_CHANGED: lazy_gettext("Un dossier change d’état ou d’étape"),
    webhooks.OPENED: lazy_gettext("Une tâche s’ouvre"),
    webhooks.COMPLETED: lazy_gettext("Une tâche est terminée"),
    webhooks.DECIDED: lazy_gettext("Une décision est prise"),
    webhooks.SENT: lazy_gettext("Un message est envoyé"),
    webhooks.DOCUMENT: lazy_gettext("Un document est émis"),
    webhooks.FOLDER_DEPOSITED: lazy_gettext("Parapheur : un dossier est déposé"),
    webhooks.FOLDER_STEP_DONE: lazy_gettext("Parapheur : une étape est faite"),
    webhooks.FOLDER_SIGNED: lazy_gettext("Parapheur : un dossier est signé"),
    webhooks.FOLDER_REFUSED: lazy_gettext(
        "Parapheur : un dossier est refusé, avec son motif"
    ),
    webhooks.FOLDER_RETURNED: lazy_gettext("Parapheur : un dossier revient en arrière"),
    webhooks.FOLDER_ABANDONED: lazy_gettext("Parapheur : un dossier est abandonné"),
    webhooks.FOLDER_TRANSMITTED: lazy_gettext("Parapheur : un dossier part à l’État"),
    webhooks.FOLDER_ACKNOWLEDGED: lazy_gettext("Parapheur : l’État accuse réception"),
    webhooks.FOLDER_FINISHED: lazy_gettext("Parapheur : un dossier est terminé"),
    webhooks.TEST: lazy_gettext("Essai du webhook"),
}


@bp.context_processor
def _names() -> dict[str, object]:
    return {"event_names": EVENT_NAMES}


@bp.post("/<uuid:organisation_id>/webhooks")
@guard("manage", Organisation, "organisation_id")
def add_webhook(organisation_id: UUID) -> ResponseReturnValue:
    """Have an address told."""
    typed = {
        "url": text(request.form, "url"),
        "event": request.form.getlist("event"),
        "hook_name": text(request.form, "hook_name"),
        "hook_key": text(request.form, "hook_key"),
    }
    events = set(typed["event"]) & set(EVENTS)
    key = next(
        (k for k in reading_folders(organisation_id) if str(k.id) == typed["hook_key"]),
        None,
    )
    problems = {}
    if not events:
        problems["event"] = _("Événements : cochez-en un au moins.")
    if len(typed["hook_name"]) > 80:  # noqa: PLR2004
        problems["hook_name"] = _("Nom : 80 caractères au plus.")
    if events & set(FOLDER_EVENTS) and key is None:
        problems["hook_key"] = _(
            "Clé : choisissez celle dont le logiciel est prévenu des dossiers du parapheur."
        )
    inside = current_app.extensions["settings"].webhooks_inside
    try:
        address = checked(str(typed["url"]), inside=inside)
    except AddressRefused as refused:
        problems["url"] = why(refused)
    if problems:
        return page_of(organisation_id, typed, problems), 422
    try:
        made = commands.create(
            organisation_id,
            url=address,
            name=str(typed["hook_name"]),
            events=events,
            actor=current_actor(),
            seen_by=key.person_id if key else None,
        )
    except TooManyWebhooks:
        sentence = _("%(n)s webhooks au plus : retirez-en un d’abord.", n=MOST_WEBHOOKS)
        return page_of(organisation_id, typed, {"url": sentence}), 422
    return _told(made, _("Le webhook est ajouté : notez son secret maintenant."))


@bp.get("/webhooks/<uuid:webhook_id>")
@guard("change", Webhook, "webhook_id")
def webhook(webhook_id: UUID) -> ResponseReturnValue:
    """A webhook and what it was told, the latest first."""
    row = WebhookDelivery
    ids = select(row.event_id).where(row.webhook_id == webhook_id)
    ordered = (row.at.desc(), row.event_id.desc())
    page = bounded(
        [ids.order_by(*ordered)],
        select(row).where(row.webhook_id == webhook_id).order_by(*ordered),
        id=row.event_id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "api/webhook.html",
        hook=db.session.get_one(Webhook, webhook_id),
        page=page,
        told=told_once(),
    )


@bp.post("/webhooks/<uuid:webhook_id>/<any(essai,arret,reprise,secret,retrait):act>")
@guard("change", Webhook, "webhook_id")
def turn_webhook(webhook_id: UUID, act: str) -> ResponseReturnValue:
    """Try a webhook, stop it, start it again, change its secret, or remove it."""
    actor = current_actor()
    match act:
        case "essai":
            commands.try_out(webhook_id, actor=actor)
            flash(_("Un événement d’essai va partir : rechargez la page."), "success")
        case "arret":
            commands.change(webhook_id, active=False, actor=actor)
            flash(_("Ce webhook n’est plus prévenu."), "success")
        case "reprise":
            commands.change(webhook_id, active=True, actor=actor)
            flash(_("Ce webhook est de nouveau prévenu."), "success")
        case "secret":
            commands.renew_secret(webhook_id, overlap=OVERLAP, actor=actor)
            return _told(webhook_id, _("L’ancien secret sert encore vingt-quatre heures."))
        case _:
            body = db.session.get_one(Webhook, webhook_id).organisation_id
            commands.remove(webhook_id, actor=actor)
            flash(_("Le webhook est retiré."), "success")
            return redirect(url_for(".show", organisation_id=body))
    return redirect(url_for(".webhook", webhook_id=webhook_id))


@bp.post("/webhooks/<uuid:webhook_id>/envois/<uuid:event_id>")
@guard("change", Webhook, "webhook_id")
def redeliver(webhook_id: UUID, event_id: UUID) -> ResponseReturnValue:
    """Tell an event again."""
    commands.redeliver(webhook_id, event_id, actor=current_actor())
    flash(_("L’événement va repartir : rechargez la page."), "success")
    return redirect(url_for(".webhook", webhook_id=webhook_id))


def _told(webhook_id: UUID, sentence: str) -> ResponseReturnValue:
    tell_once(webhook_id, secret_of(db.session.get_one(Webhook, webhook_id)))
    flash(sentence, "success")
    return redirect(url_for(".webhook", webhook_id=webhook_id))
