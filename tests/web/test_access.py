"""Nobody opens a case, task, document or page that is not theirs: every route, every role.

The table says who may use each route on the first office's objects. A refusal sends a
visitor to sign in, tells anyone else 403 or 404, and changes nothing at all.
"""

import html
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import update

from engine import clock
from engine.documents import Document
from engine.models import db
from engine.notices import Notice
from tests.conftest import ROOT, build, close, environment
from tests.web.browser import Client, client
from tests.web.two_offices import KEY, TOLD, TwoOffices, open_two_offices
from web import limits
from web.auth import guards
from web.auth.registration import _serializer, invitation_link
from web.news.letters import preferences_link
from workflows.grants.aid_import import import_aids
from workflows.grants.aid_search import search

APPLICANTS = {"applicant", "other_applicant"}
COMPANY = {"applicant", "administrator"}
OFFICERS = {"officer", "colleague"}
OFFICE = {*OFFICERS, "head"}
ACTING = {"act_officer", "other_act_officer"}
HANDLERS = {
    *OFFICE, "cofunder", "other_officer", "other_head", "other_cofunder", *ACTING,
}  # fmt: skip
HEADS = {"head", "other_head"}
PARTIES = {*OFFICE, "applicant", "cofunder"}
REPRESENTING = {*APPLICANTS, "administrator", "other_administrator"}
BODY = {"brander", "other_brander"}
BRANDING = {"brander", "operator"}
WRITING = {"designer", "second_designer"}
DESIGNING = {*WRITING, "legal_officer"}
DECIDING = {"second_designer", "legal_officer"}
ACTS = {"act_officer", "head"}
ALL_ACTS = {*ACTING, "head", "other_head"}
ACTS_BODY = {*OFFICE, "act_officer"}
SIGNED_IN = {
    *ACTING,
    *BODY, *DESIGNING, "other_designer",
    *HANDLERS, *APPLICANTS, "administrator", "other_administrator", "operator",
    "newcomer", "former_officer",
}  # fmt: skip
ANYONE = {*SIGNED_IN, "visitor"}
NOBODY: set[str] = set()
OPERATOR = {"operator"}
BOOK = {"officer", "colleague", "head", "other_officer", "other_head"}
KEEPERS = {"head", "other_head"}
FOLDER = {"officer", "colleague", "head"}

GET, POST, PUT = "GET", "POST", "PUT"
SUBMIT = {"_submit": "1"}

# method, endpoint, what its address names, who may, and what is sent
TABLE: list[tuple[str, str, str, set[str], dict[str, str]]] = [
    (GET, "cases.index", "", HANDLERS, {}),
    (GET, "cases.show", "case_id=case", PARTIES, {}),
    (GET, "cases.show", "case_id=begun", OFFICE | {"applicant"}, {}),
    (GET, "cases.diagram", "case_id=case", OFFICE, {}),
    (GET, "cases.diagram_file", "case_id=case", OFFICE, {}),
    (POST, "cases.write", "case_id=case", OFFICE | {"applicant"}, {"text": "Bonjour"}),
    (GET, "cases.download", "document_id=document", PARTIES, {}),
    (GET, "cases.download", "document_id=reserved_document", OFFICE | {"applicant"}, {}),
    (GET, "cases.download", "document_id=internal_document", OFFICE, {}),
    (GET, "cases.download", "document_id=draft_document", {"applicant"}, {}),
    (GET, "cases.download", "document_id=opinion_document", {"cofunder"}, {}),
    (GET, "sections.filed", "case_id=case", PARTIES, {}),
    (GET, "sections.documents", "case_id=case", PARTIES, {}),
    (GET, "sections.history", "case_id=case", PARTIES, {}),
    (GET, "sections.exchanges", "case_id=case", OFFICE, {}),
    (GET, "sections.private", "case_id=case", OFFICE, {}),
    (POST, "sections.watch", "case_id=case", OFFICE, {}),
    (POST, "notes.add", "case_id=case", OFFICE, {"text": "Une note"}),
    (GET, "notes.show", "note_id=note", {"officer"}, {}),
    (POST, "notes.edit", "note_id=note", {"officer"}, {"text": "Autre"}),
    (POST, "notes.remove", "note_id=note", {"officer"}, {}),
    (GET, "asks.index", "", SIGNED_IN, {}),
    (GET, "asks.new", "case_id=case", OFFICE, {}),
    (POST, "asks.send", "case_id=case", OFFICE,
     {"kind": "question", "text": "Combien ?", "to": "company"}),
    (GET, "asks.show", "ask_id=ask", OFFICE | {"applicant"}, {}),
    (GET, "asks.show", "ask_id=opinion", OFFICE | {"other_cofunder"}, {}),
    (POST, "asks.answer", "ask_id=ask", {"applicant"}, {"text": "Deux mois"}),
    (POST, "asks.answer", "ask_id=opinion", {"other_cofunder"}, {"text": "Favorable"}),
    (POST, "asks.remind", "ask_id=opinion", OFFICE, {}),
    (POST, "asks.withdraw", "ask_id=opinion", OFFICE, {"motive": "Plus besoin"}),
    (GET, "cases.show", "case_id=held", OFFICE | {"applicant", "other_cofunder"}, {}),
    (GET, "exports.choose", "case_id=case", PARTIES, {}),
    (POST, "exports.make", "case_id=case", PARTIES, {"what": "pdf"}),
    (POST, "exports.make", "case_id=begun", OFFICE, {"what": "pdf", "notes": "1"}),
    (GET, "previews.show", "document_id=document", PARTIES, {}),
    (GET, "previews.show", "document_id=internal_document", OFFICE, {}),
    (GET, "previews.content", "document_id=document", PARTIES, {}),
    (GET, "previews.content", "document_id=reserved_document",
     OFFICE | {"applicant"}, {}),
    (POST, "drafting.keep", "task_id=officer_task", OFFICERS, {}),
    (POST, "drafting.keep", "task_id=held_task", {"officer"}, {}),
    (POST, "drafting.merge", "task_id=cofunder_task", {"cofunder"}, {}),
    (GET, "inbox.index", "", HANDLERS, {}),
    (GET, "inbox.preview", "task_id=officer_task", OFFICE, {}),
    (GET, "inbox.preview", "task_id=cofunder_task", OFFICE | {"cofunder"}, {}),
    (GET, "worklist.views", "", HANDLERS, {}),
    (POST, "worklist.save_view", "", HANDLERS, {"nom": "Une vue"}),
    (POST, "worklist.change_view", "view_id=own_view", {"officer"}, {"acte": "defaut"}),
    (POST, "worklist.change_view", "view_id=shared_view", OFFICERS, {"acte": "defaut"}),
    (POST, "worklist.choose_columns", "", HANDLERS,
     {"colonne": "titre", "ordre": "titre"}),
    (GET, "worklist.preferences", "", HANDLERS, {}),
    (POST, "worklist.set_preferences", "", HANDLERS, {"density": "compact"}),
    (POST, "worklist.export", "", HANDLERS, {"format": "csv"}),
    (GET, "inbox.show", "task_id=officer_task", OFFICE, {}),
    (GET, "inbox.show", "task_id=applicant_task", OFFICE | {"applicant"}, {}),
    (GET, "inbox.show", "task_id=cofunder_task", OFFICE | {"cofunder"}, {}),
    (POST, "inbox.claim", "task_id=officer_task", OFFICERS, {}),
    (POST, "inbox.claim", "task_id=applicant_task", {"applicant"}, {}),
    (POST, "inbox.claim", "task_id=cofunder_task", {"cofunder"}, {}),
    (POST, "inbox.release", "task_id=held_task", {"officer", "head"}, {}),
    (POST, "inbox.release", "task_id=cofunder_task", NOBODY, {}),
    (POST, "inbox.save", "task_id=officer_task", OFFICERS, SUBMIT),
    (POST, "inbox.save", "task_id=held_task", {"officer"}, SUBMIT),
    (POST, "inbox.save", "task_id=applicant_task", {"applicant"}, SUBMIT),
    (POST, "inbox.save", "task_id=cofunder_task", {"cofunder"}, SUBMIT),
    (GET, "absences.index", "", HANDLERS | BODY, {}),
    (POST, "absences.declare", "", HANDLERS | BODY, {}),
    (POST, "absences.end", "absence_id=absence", {"officer", "head", "brander"}, {}),
    (POST, "acts.assign", "task_id=held_task", {"officer", "head"}, {}),
    (POST, "acts.assign", "task_id=officer_task", {"head"}, {}),
    (POST, "acts.assign", "task_id=applicant_task", NOBODY, {}),
    (POST, "acts.hand_back", "task_id=held_task", {"officer", "head"}, {"motif": "x"}),
    (POST, "acts.snooze", "task_id=held_task", {"officer"}, {}),
    (POST, "acts.resume", "task_id=held_task", {"officer"}, {}),
    (GET, "team.index", "", HEADS, {}),
    (GET, "team.agent", "person_id=officer_person", {"head"}, {}),
    (GET, "team.untaken", "role=case_officer", HEADS, {}),
    # Signing folders.
    (POST, "parapheur_signatures.sign", "", HANDLERS, {}),
    (GET, "parapheur_signatures.show", "lot_id=signing_lot", {"officer"}, {}),
    (POST, "parapheur_signatures.stop", "lot_id=signing_lot", {"officer"}, {}),
    (POST, "parapheur_signatures.again", "lot_id=signing_lot", {"officer"}, {}),
    (PUT, "parapheur_signatures.give_certificate", "lot_id=signing_lot", {"officer"}, {}),
    (GET, "parapheur_signatures.to_sign", "lot_id=signing_lot", {"officer"}, {}),
    (PUT, "parapheur_signatures.give_values", "lot_id=signing_lot", {"officer"}, {}),
    (GET, "parapheur_signatures.helper", "", SIGNED_IN, {}),
    (GET, "parapheur_signatures.download", "", SIGNED_IN, {}),
    (GET, "parapheur_certificates.index", "", HANDLERS, {}),
    (POST, "parapheur_certificates.confirm",
     "sha256=certificate person_id=officer_person organisation_id=department_2", NOBODY, {}),
    (GET, "bulk.index", "", HANDLERS, {}),
    (POST, "bulk.preview", "", HANDLERS, {}),
    (POST, "bulk.start", "", HANDLERS, {"acte": "prendre"}),
    (GET, "bulk.show", "job_id=lot", {"officer", "head"}, {}),
    (GET, "bulk.show", "job_id=job", NOBODY, {}),
    (POST, "bulk.turn", "job_id=lot act=arret", {"officer", "head"}, {}),
    (POST, "bulk.turn", "job_id=job act=arret", NOBODY, {}),
    (GET, "jobs.show", "job_id=lot", NOBODY, {}),
    (POST, "undo.take_back", "", SIGNED_IN, {}),
    # The space of a company, its vault, its rights, its data.
    (GET, "space.index", "", REPRESENTING, {}),
    (GET, "vault.index", "organisation_id=company", COMPANY, {}),
    (POST, "vault.add", "organisation_id=company", COMPANY, {"kind": "kbis"}),
    (GET, "vault.show", "document_id=vault_document", COMPANY, {}),
    (GET, "vault.download", "document_id=vault_document", COMPANY, {}),
    (GET, "vault.download", "document_id=vault_document_2",
     {"other_applicant", "other_administrator"}, {}),
    (POST, "vault.replace", "document_id=vault_document", COMPANY, {}),
    (POST, "vault.remove", "document_id=vault_document", COMPANY, {}),
    (GET, "vault.choose", "case_id=case", {"applicant"}, {}),
    (POST, "vault.keep", "case_id=case", {"applicant"}, {"kind": "kbis"}),
    (GET, "tracking.show", "case_id=case", {"applicant"}, {}),
    (POST, "tracking.renew", "case_id=case", {"applicant"}, {}),
    (POST, "tracking.revoke", "case_id=case", {"applicant"}, {}),
    (POST, "rights.change", "organisation_id=company person_id=applicant_person",
     {"administrator"}, {"role": "applicant"}),
    (POST, "rights.change", "organisation_id=region person_id=officer_person", NOBODY,
     {"role": "applicant"}),
    (GET, "rights.history", "organisation_id=company", {"administrator"}, {}),
    (GET, "rights.history", "organisation_id=region", NOBODY, {}),
    (POST, "export.company", "organisation_id=company", {"administrator"}, {}),
    (POST, "export.company", "organisation_id=region", NOBODY, {}),
    (GET, "mine.data", "", SIGNED_IN, {}),
    # The brand of a body.
    (GET, "branding.mine", "", BODY, {}),
    (GET, "branding.show", "organisation_id=region", BRANDING, {}),
    (GET, "branding.show", "organisation_id=company", NOBODY, {}),
    (GET, "branding.preview", "organisation_id=region", BRANDING, {}),
    (POST, "branding.save", "organisation_id=region", BRANDING, {"colour": "#003399"}),
    (POST, "branding.logo", "organisation_id=region", BRANDING, {"_remove": "1"}),
    (POST, "branding.ask_host", "organisation_id=region", BRANDING,
     {"host": "aides.region.fr"}),
    (POST, "branding.drop_host", "organisation_id=region host_id=host", BRANDING, {}),
    (POST, "branding.drop_host", "organisation_id=region host_id=host_2", NOBODY, {}),
    # Keys and webhooks: what they open is test_api_access.py's affair.
    (GET, "api_settings.mine", "", BODY | {"administrator", "other_administrator",
                                           "operator"}, {}),
    (GET, "api_settings.show", "organisation_id=company", {"administrator"}, {}),
    (GET, "api_settings.show", "organisation_id=region", BRANDING, {}),
    (POST, "api_settings.create", "organisation_id=company", {"administrator"},
     {"name": "Logiciel"}),
    (POST, "api_settings.create", "organisation_id=region", BRANDING, {}),
    (POST, "api_settings.replace", "organisation_id=company key_id=api_key",
     {"administrator"}, {}),
    (POST, "api_settings.replace", "organisation_id=region key_id=api_key", NOBODY, {}),
    (POST, "api_settings.revoke", "organisation_id=company key_id=api_key",
     {"administrator"}, {"motive": "essai"}),
    (POST, "api_settings.revoke", "organisation_id=company_2 key_id=api_key", NOBODY, {}),
    (POST, "api_settings.add_webhook", "organisation_id=company", {"administrator"}, {}),
    (GET, "api_settings.webhook", "webhook_id=webhook", {"administrator"}, {}),
    (POST, "api_settings.turn_webhook", "webhook_id=webhook act=essai",
     {"administrator"}, {}),
    (POST, "api_settings.turn_webhook", "webhook_id=webhook act=retrait",
     {"administrator"}, {}),
    (POST, "api_settings.redeliver", "webhook_id=webhook event_id=webhook_event",
     {"administrator"}, {}),
    (GET, "host_names.index", "", OPERATOR, {}),
    (POST, "host_names.decide", "host_id=host act=activer", OPERATOR, {}),
    # The directory of bodies and their people.
    (GET, "bodies.index", "", BODY | OPERATOR, {}),
    (GET, "bodies.new", "", OPERATOR, {}),
    (POST, "bodies.create", "", OPERATOR,
     {"kind": "member", "name": "Autun", "slug": "autun"}),
    (GET, "bodies.show", "organisation_id=region", BRANDING, {}),
    (GET, "bodies.show", "organisation_id=company", NOBODY, {}),
    (GET, "bodies.edit", "organisation_id=region", BRANDING, {}),
    (POST, "bodies.save", "organisation_id=region", BRANDING, {"phone": "03"}),
    (POST, "bodies.save", "organisation_id=company", NOBODY, {"phone": "03"}),
    (GET, "bodies.closing", "organisation_id=region", OPERATOR, {}),
    (GET, "bodies.closing", "organisation_id=company", NOBODY, {}),
    (POST, "bodies.turn", "organisation_id=region act=fermeture", OPERATOR, {}),
    (POST, "bodies.turn", "organisation_id=company act=fermeture", NOBODY, {}),
    (GET, "body_journal.index", "organisation_id=region", BRANDING, {}),
    (GET, "body_journal.index", "organisation_id=company", NOBODY, {}),
    (GET, "body_roles.index", "organisation_id=region", BRANDING, {}),
    (GET, "body_services.index", "organisation_id=region", BRANDING, {}),
    (POST, "body_services.add", "organisation_id=region", BRANDING, {"name": "Paie"}),
    (POST, "body_services.rename", "organisation_id=region service_id=service", BRANDING,
     {"name": "Paie"}),
    (POST, "body_services.rename", "organisation_id=region service_id=service_2", NOBODY,
     {"name": "Paie"}),
    (POST, "body_services.close", "organisation_id=region service_id=service", BRANDING,
     {}),
    (POST, "body_services.close", "organisation_id=region service_id=service_2", NOBODY,
     {}),
    (GET, "body_people.index", "organisation_id=region", BRANDING, {}),
    (GET, "body_people.index", "organisation_id=company", NOBODY, {}),
    (GET, "body_people.new", "organisation_id=region", BRANDING, {}),
    (POST, "body_people.enter", "organisation_id=region", BRANDING,
     {"name": "Ana Petit", "email": "ana@essai.fr", "role": "case_officer"}),
    (POST, "body_people.enter", "organisation_id=company", NOBODY,
     {"name": "Ana Petit", "email": "ana@essai.fr", "role": "case_officer"}),
    (GET, "body_people.show", "organisation_id=region person_id=officer_person", BRANDING,
     {}),
    (GET, "body_people.show", "organisation_id=region person_id=other_officer_person",
     NOBODY, {}),
    (GET, "body_people.show", "organisation_id=region person_id=applicant_person", NOBODY,
     {}),
    (POST, "body_people.identify", "organisation_id=region person_id=officer_person",
     BRANDING, {"name": "Ana Petit", "email": "ana.petit@essai.fr"}),
    (POST, "body_people.identify", "organisation_id=region person_id=other_officer_person",
     NOBODY, {"name": "Ana Petit", "email": "a@essai.fr"}),
    (POST, "body_people.give", "organisation_id=region person_id=officer_person", BRANDING,
     {"role": "head_of_service"}),
    (POST, "body_people.give", "organisation_id=region person_id=other_officer_person",
     NOBODY, {"role": "head_of_service"}),
    (POST, "body_people.move", "organisation_id=region person_id=officer_person", BRANDING,
     {}),
    (POST, "body_people.move", "organisation_id=region person_id=other_officer_person",
     NOBODY, {}),
    (GET, "body_ending.ask", "organisation_id=region holding_id=holding", BRANDING, {}),
    (GET, "body_ending.ask", "organisation_id=region holding_id=holding_2", NOBODY, {}),
    (POST, "body_ending.end", "organisation_id=region holding_id=holding", BRANDING, {}),
    (POST, "body_ending.end", "organisation_id=region holding_id=holding_2", NOBODY, {}),
    (POST, "body_invitations.invite_all", "organisation_id=region", BRANDING, {}),
    (POST, "body_invitations.invite_one",
     "organisation_id=region person_id=officer_person", BRANDING, {}),
    (POST, "body_invitations.invite_one",
     "organisation_id=region person_id=other_officer_person", NOBODY, {}),
    (GET, "people_imports.example", "", SIGNED_IN, {}),
    (GET, "people_imports.new", "organisation_id=region", BRANDING, {}),
    (POST, "people_imports.create", "organisation_id=region", BRANDING, {}),
    (GET, "people_imports.show", "organisation_id=region import_id=people_file", BRANDING,
     {}),
    (GET, "people_imports.show", "organisation_id=region import_id=people_file_2", NOBODY,
     {}),
    (GET, "people_imports.refused", "organisation_id=region import_id=people_file",
     BRANDING, {}),
    (GET, "people_imports.refused", "organisation_id=region import_id=people_file_2",
     NOBODY, {}),
    (POST, "people_imports.decide",
     "organisation_id=region import_id=people_file act=confirmer", BRANDING, {}),
    (POST, "people_imports.decide",
     "organisation_id=region import_id=people_file_2 act=confirmer", NOBODY, {}),
    (GET, "body_procedures.index", "organisation_id=region", BRANDING, {}),
    (POST, "body_procedures.subscribe", "organisation_id=region_2", OPERATOR,
     {"key": KEY}),
    (POST, "body_procedures.subscribe", "organisation_id=company", NOBODY, {"key": KEY}),
    (GET, "body_procedures.show", "organisation_id=region key=key", BRANDING, {}),
    (GET, "body_procedures.show", "organisation_id=region_2 key=key", NOBODY, {}),
    (POST, "body_procedures.save", "organisation_id=region key=key", BRANDING, {}),
    (POST, "body_procedures.give_up", "organisation_id=region key=key", OPERATOR, {}),
    (GET, "portal.index", "", APPLICANTS, {}),
    (GET, "portal.start", "definition=key", APPLICANTS, {}),
    (POST, "portal.begin", "definition=key", APPLICANTS, {}),
    (GET, "portal.fill", "draft_id=draft page=first", {"applicant"}, {}),
    (GET, "portal.fill", "draft_id=opinion_draft page=first", NOBODY, {}),
    (POST, "portal.save", "draft_id=draft page=first", {"applicant"}, {"_save": "1"}),
    (POST, "portal.save", "draft_id=opinion_draft page=first", NOBODY, {"_save": "1"}),
    (GET, "portal.recap", "draft_id=draft", {"applicant"}, {}),
    (POST, "portal.file", "draft_id=draft", {"applicant"}, {}),
    (POST, "portal.file", "draft_id=opinion_draft", NOBODY, {}),
    (POST, "portal.abandon", "draft_id=draft", {"applicant"}, {}),
    (POST, "portal.abandon", "draft_id=opinion_draft", NOBODY, {}),
    (GET, "portal.follow", "case_id=case", PARTIES, {}),
    (POST, "portal.withdraw", "case_id=case", {"applicant"}, {}),
    (GET, "operate.index", "", OPERATOR, {}),
    (GET, "operate.incident_list", "", OPERATOR, {}),
    (GET, "operate.incident", "incident_id=incident", OPERATOR, {}),
    (POST, "operate.settle", "incident_id=incident act=retry", OPERATOR,
     {"motive": "essai", "_confirm": "1"}),
    (POST, "operate.settle", "incident_id=incident act=correct", OPERATOR,
     {"motive": "essai", "data": "{}", "_confirm": "1"}),
    (POST, "operate.settle", "incident_id=incident act=answer", OPERATOR,
     {"motive": "essai", "data": "{}", "_confirm": "1"}),
    (POST, "partners.turn", "name=oseo act=pause", OPERATOR,
     {"motive": "essai"}),
    (POST, "partners.turn", "name=oseo act=resume", OPERATOR,
     {"motive": "essai"}),
    (POST, "partners.probe", "name=oseo", OPERATOR, {}),
    (POST, "partners.rate", "name=oseo", OPERATOR,
     {"rate": "60", "motive": "essai"}),
    (GET, "partners.show", "name=oseo", OPERATOR, {}),
    (GET, "case_operations.find", "", OPERATOR, {}),
    (GET, "case_operations.show", "case_id=case", OPERATOR, {}),
    (POST, "case_operations.ask", "case_id=case", OPERATOR,
     {"act": "suspend", "motive": "essai", "_confirm": "1"}),
    (GET, "jobs.index", "", OPERATOR, {}),
    (GET, "jobs.new", "", OPERATOR, {}),
    (POST, "jobs.create", "", OPERATOR, {"act": "suspend"}),
    (GET, "jobs.show", "job_id=job", OPERATOR, {}),
    (POST, "jobs.turn", "job_id=job act=arret", OPERATOR, {}),
    (POST, "jobs.perform", "job_id=job", OPERATOR,
     {"job": "5f0c4b7e-7d2f-4c5e-9b9c-0f4f4c0d9a12"}),
    (GET, "jobs.migrate", "source_id=definition target_id=definition", OPERATOR, {}),
    (GET, "operate.mails", "", OPERATOR, {}),
    # The console: partners, exchanges, journal, running, retention, figures.
    (GET, "partners.index", "", OPERATOR, {}),
    (POST, "partners.rehearse", "name=oseo", OPERATOR, {"motif_repetition": "essai"}),
    (GET, "exchanges.index", "", OPERATOR, {}),
    (GET, "exchanges.show", "exchange_id=exchange", OPERATOR, {}),
    (POST, "exchanges.take", "exchange_id=exchange side=envoye", OPERATOR,
     {"motive": "essai"}),
    # The transmission service.
    (GET, "relaying.index", "", OPERATOR, {}),
    (GET, "relaying.show", "transmission_id=transmission", OPERATOR, {}),
    (GET, "relaying.account_list", "", OPERATOR, {}),
    (POST, "relaying.open_account", "", OPERATOR, {"siren": "non"}),
    (POST, "relaying.change_account", "account_id=relay_account act=secret", OPERATOR, {}),
    (POST, "relaying.change_account", "account_id=relay_account act=fermer", OPERATOR, {}),
    (GET, "transmission_door.nonce", "", ANYONE, {}),
    (GET, "iparapheur_soap.described", "", ANYONE, {}),
    (POST, "jobs.settle", "job_id=job act=abandon", OPERATOR, {"motive": "essai"}),
    (POST, "jobs.settle", "job_id=lot act=abandon", NOBODY, {"motive": "essai"}),
    (GET, "journal.index", "", OPERATOR, {}),
    (POST, "journal.export", "", OPERATOR, {"format": "csv"}),
    (GET, "journal.checks", "", OPERATOR, {}),
    (POST, "journal.check", "", OPERATOR, {"motive": "essai"}),
    (GET, "running.show", "", OPERATOR, {}),
    (GET, "running.chore", "chore_id=chore", OPERATOR, {}),
    (POST, "running.stop", "chore_id=chore", OPERATOR, {"motive": "essai"}),
    (GET, "retaining.index", "", OPERATOR, {}),
    (GET, "retaining.rule", "subject=cases", OPERATOR, {}),
    (POST, "retaining.apply", "subject=cases", OPERATOR,
     {"motive": "essai", "_confirm": "1"}),
    (GET, "retaining.new", "", OPERATOR, {}),
    (POST, "retaining.decide", "", OPERATOR, {"sorte": "notices", "duree": "9"}),
    (GET, "retaining.holds", "", OPERATOR, {}),
    (GET, "retaining.case", "case_id=case", {"operator", "head"}, {}),
    (POST, "retaining.hold", "case_id=case", {"operator", "head"}, {"motive": "essai"}),
    (GET, "measured.show", "", OPERATOR, {}),
    (GET, "measured.export", "", OPERATOR, {}),
    (GET, "search.index", "", HANDLERS, {}),
    (GET, "search.show_figures", "", HANDLERS, {}),
    (GET, "company.new", "", SIGNED_IN, {}),
    (POST, "company.register", "", SIGNED_IN, {}),
    (GET, "company.show", "organisation_id=company", COMPANY, {}),
    (GET, "company.show", "organisation_id=region", NOBODY, {}),
    (POST, "company.choose", "organisation_id=company", COMPANY, {}),
    (POST, "company.choose", "organisation_id=region",
     ACTS_BODY | DESIGNING | {"brander"}, {}),
    (POST, "company.invite", "organisation_id=company", {"administrator"},
     {"email": "ami@essai.test"}),
    (POST, "company.invite", "organisation_id=region", NOBODY, {"email": "a@essai.test"}),
    (POST, "company.revoke", "organisation_id=company invitation_id=invitation",
     {"administrator"}, {}),
    (POST, "company.revoke", "organisation_id=company invitation_id=invitation_2",
     NOBODY, {}),
    (POST, "company.decide", "organisation_id=company request_id=request",
     {"administrator"}, {"decision": "accept"}),
    (POST, "company.decide", "organisation_id=company request_id=request_2", NOBODY, {}),
    (POST, "company.remove", "organisation_id=company person_id=applicant_person",
     COMPANY, {}),
    (POST, "company.remove", "organisation_id=company person_id=administrator_person",
     {"administrator"}, {}),
    (GET, "designer.index", "", DESIGNING | {"other_designer"}, {}),
    (GET, "designer.procedure", "key=key", DESIGNING, {}),
    (GET, "designer.journal", "key=key", DESIGNING, {}),
    (GET, "designer.version", "definition_id=definition", DESIGNING, {}),
    (POST, "designer.begin_from", "definition_id=definition", WRITING, {}),
    (GET, "designer.draft", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "designer.turn", "draft_id=procedure_draft act=reprendre", WRITING, {}),
    (POST, "designer.discard", "draft_id=procedure_draft", WRITING, {}),
    (GET, "designer_files.read", "draft_id=procedure_draft name=process.bpmn", DESIGNING, {}),
    (PUT, "designer_files.save", "draft_id=procedure_draft name=process.bpmn", WRITING, {}),
    (POST, "designer_files.check", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_files.show_catalogue", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_canvas.edit", "draft_id=procedure_draft name=process", DESIGNING, {}),
    (GET, "designer_files.published", "definition_id=definition name=process.bpmn",
     DESIGNING, {}),
    (GET, "designer_publication.choose", "draft_id=procedure_draft", WRITING, {}),
    (POST, "designer_publication.ask", "draft_id=procedure_draft", WRITING,
     {"comment": "Une ligne"}),
    (GET, "designer_publication.show", "request_id=publication", DESIGNING, {}),
    (GET, "designer_publication.file", "request_id=publication name=process.bpmn",
     DESIGNING, {}),
    (POST, "designer_publication.accept", "request_id=publication", DECIDING, {}),
    (POST, "designer_publication.refuse", "request_id=publication", DECIDING,
     {"reason": "À revoir"}),
    (POST, "designer_publication.take_back", "request_id=publication", WRITING, {}),
    (GET, "designer_publication.compare_apart", "draft_id=procedure_draft", WRITING, {}),
    (POST, "designer_publication.catch_up", "draft_id=procedure_draft", WRITING, {}),
    (GET, "designer_publication.withdrawing", "definition_id=definition", WRITING, {}),
    (POST, "designer_publication.withdraw", "definition_id=definition", WRITING,
     {"motive": "Erreur"}),
    (GET, "designer_beginning.begin", "draft_id=procedure_draft sorte=.dmn nom=essai",
     WRITING, {}),
    (GET, "designer_tables.edit", "draft_id=procedure_draft stem=size_class", DESIGNING, {}),
    (POST, "designer_tables.attempt", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_forms.edit", "draft_id=procedure_draft stem=application", DESIGNING, {}),
    (POST, "designer_forms.preview", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_letters.edit", "draft_id=procedure_draft stem=acknowledgement",
     DESIGNING, {}),
    (POST, "designer_letters.preview", "draft_id=procedure_draft stem=acknowledgement",
     DESIGNING, {}),
    (GET, "designer_feel.page", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "designer_feel.evaluate", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "designer_feel.take", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "designer_usages.find", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_transfers.pack_draft", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "designer_transfers.pack_version", "definition_id=definition", DESIGNING, {}),
    (GET, "designer_transfers.choose", "draft_id=procedure_draft", WRITING, {}),
    (POST, "designer_transfers.bring", "draft_id=procedure_draft", WRITING, {}),
    (POST, "designer_transfers.bring_diagram", "draft_id=procedure_draft", WRITING, {}),
    (POST, "designer_transfers.arrange",
     "draft_id=procedure_draft name=size_class.dmn act=supprimer", WRITING, {}),
    (GET, "designer_transfers.new", "", WRITING | {"other_designer"}, {}),
    (POST, "designer_transfers.create", "", WRITING | {"other_designer"}, {}),
    (GET, "designer_migrating.choose", "definition_id=definition", WRITING, {}),
    (POST, "designer_migrating.rehearse", "definition_id=definition", WRITING, {}),
    (GET, "designer_migrating.show", "job_id=migration", WRITING | OPERATOR, {}),
    (POST, "designer_migrating.turn", "job_id=migration act=arret", WRITING | OPERATOR, {}),
    (POST, "designer_migrating.perform", "job_id=migration", WRITING | OPERATOR, {}),
    (GET, "trial.show", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "trial.fill", "draft_id=procedure_draft tache=rien", DESIGNING, {"_vu": "0"}),
    (POST, "trial.move", "draft_id=procedure_draft act=temps", DESIGNING, {"_vu": "0"}),
    (GET, "scenarios.show", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "scenarios.save", "draft_id=procedure_draft", WRITING, {"source": "{}"}),
    (POST, "scenarios.play", "draft_id=procedure_draft", DESIGNING, {"scenario": "rien"}),
    (POST, "scenarios.open_story", "draft_id=procedure_draft", DESIGNING, {}),
    (POST, "scenarios.change", "draft_id=procedure_draft act=supprimer", WRITING, {}),
    (GET, "comparing.show", "de=definition a=procedure_draft", DESIGNING, {}),
    (GET, "comparing.of_draft", "draft_id=procedure_draft", DESIGNING, {}),
    (GET, "statistics.show", "key=key", WRITING | OPERATOR | {"head"}, {}),
    (GET, "statistics.export", "key=key", WRITING | OPERATOR | {"head"}, {}),
    (GET, "statistics.diagram", "key=key", WRITING | OPERATOR | {"head"}, {}),
    (GET, "security.account", "", SIGNED_IN, {}),
    (GET, "security.change_password", "", SIGNED_IN, {}),
    (POST, "security.change_password", "", SIGNED_IN, {}),
    (GET, "security.two_factor_setup", "", SIGNED_IN, {}),
    (POST, "security.two_factor_setup", "", SIGNED_IN, {}),
    (POST, "security.two_factor_setup_validate", "token=bad_token", SIGNED_IN, {}),
    (GET, "security.mf_recovery_codes", "", SIGNED_IN, {}),
    (POST, "security.mf_recovery_codes", "", SIGNED_IN, {}),
    (GET, "security.verify", "", SIGNED_IN, {}),
    (POST, "security.verify", "", SIGNED_IN, {}),
    (GET, "news.index", "", SIGNED_IN, {}),
    (GET, "news.signal", "", SIGNED_IN, {}),
    (GET, "news.preferences", "", SIGNED_IN, {}),
    (POST, "news.choose", "", SIGNED_IN, {}),
    (POST, "news.read_all", "", SIGNED_IN, {}),
    (POST, "news.mark", "notice_id=notice", {"applicant"}, {"read": "0"}),
    (POST, "news.mark", "notice_id=notice_2", {"other_applicant"}, {"read": "0"}),
    (POST, "news.keep_case_unread", "case_id=case", PARTIES, {}),
    (GET, "news.letter_preferences", "token=letters_token", ANYONE, {}),
    (POST, "news.choose_by_letter", "token=bad_token", ANYONE, {}),
    # Accounts: heads keep them in these offices (two_accountants.py).
    (GET, "accounting.index", "", HEADS, {}),
    (GET, "payment_orders.index", "", HEADS, {}),
    (POST, "payment_orders.build", "", HEADS, {}),
    (GET, "payment_orders.new", "", HEADS, {}),
    (POST, "payment_orders.create", "", HEADS, {}),
    (POST, "payment_orders.drop", "order_id=order", {"head"}, {}),
    (GET, "pes.new", "", HEADS, {}),
    (POST, "pes.create", "", HEADS, {}),
    (GET, "pes.show", "pes_id=pes", {"head"}, {}),
    (GET, "pes.batch", "pes_id=pes position=0", {"head"}, {}),
    (GET, "pes.download", "pes_id=pes", {"head"}, {}),
    (GET, "pes.acknowledgement", "pes_id=pes", NOBODY, {}),
    (GET, "pes.document", "pes_id=pes position=0", {"head"}, {}),
    (POST, "pes.deposit", "pes_id=pes", {"head"}, {}),
    (GET, "pes_returns.index", "", HEADS, {}),
    (POST, "pes_returns.fetch", "", HEADS, {}),
    (GET, "pes_returns.show", "return_id=return", {"head"}, {}),
    (GET, "pes_returns.download", "return_id=return", {"head"}, {}),
    (GET, "budgets.index", "", HEADS, {}),
    (GET, "budgets.new", "", HEADS, {}),
    (POST, "budgets.create", "", HEADS, {}),
    (GET, "budgets.edit", "budget_id=budget", {"head"}, {}),
    (POST, "budgets.save", "budget_id=budget", {"head"}, {}),
    (GET, "contracts.index", "", HEADS, {}),
    (GET, "contracts.new", "", HEADS, {}),
    (POST, "contracts.create", "", HEADS, {}),
    (GET, "contracts.show", "contract_id=contract", {"head"}, {}),
    (GET, "invoices.index", "", HEADS, {}),
    (GET, "invoices.new", "contract_id=contract", {"head"}, {}),
    (POST, "invoices.create", "contract_id=contract", {"head"}, {}),
    # Open to everyone: what they answer to whom is other tests' affair.
    (GET, "security.login", "", ANYONE, {}),
    (POST, "security.login", "", ANYONE, {}),
    (POST, "security.logout", "", ANYONE, {}),
    (GET, "security.two_factor_rescue", "", ANYONE, {}),
    (GET, "security.two_factor_token_validation", "", ANYONE, {}),
    (POST, "security.two_factor_token_validation", "", ANYONE, {}),
    (GET, "security.mf_recovery", "", ANYONE, {}),
    (POST, "security.mf_recovery", "", ANYONE, {}),
    (GET, "security.forgot_password", "", ANYONE, {}),
    (POST, "security.forgot_password", "", ANYONE, {}),
    (GET, "security.reset_password", "token=bad_token", ANYONE, {}),
    (POST, "security.reset_password", "token=bad_token", ANYONE, {}),
    (GET, "registration.start", "", ANYONE, {}),
    (POST, "registration.begin", "", ANYONE, {}),
    (GET, "registration.finish", "token=registration_token", ANYONE, {}),
    (POST, "registration.finish", "token=registration_token", ANYONE, {}),
    (GET, "registration.invitation", "token=invitation_token", ANYONE, {}),
    (POST, "registration.invitation", "token=invitation_token", ANYONE, {}),
    (GET, "act_register.index", "", ALL_ACTS, {}),
    (GET, "act_register.export", "", ALL_ACTS, {}),
    (GET, "act_register.number", "organisation_id=region act_nature=1", ACTS_BODY, {}),
    (GET, "act_register.show", "act_id=act", ACTS, {}),
    (GET, "act_register.document", "act_id=act document_id=document", ACTS, {}),
    (POST, "act_register.cancel", "act_id=act", {"act_officer"}, {"motif": "Erreur"}),
    (POST, "act_register.turn", "act_id=act act=retrait", {"act_officer"}, {}),
    (GET, "new_act.ask", "", ACTING, {}),
    (POST, "new_act.send", "", ACTING, {"act_number": "2026_DE_009"}),
    (GET, "letters.index", "", ALL_ACTS, {}),
    (GET, "letters.show", "letter_id=letter", ACTS, {}),
    (GET, "letters.document", "letter_id=letter document_id=document", ACTS, {}),
    (POST, "letters.collect", "", ACTING, {}),
    (GET, "classification.show", "", ACTING | HEADS, {}),
    (POST, "classification.refresh", "", ACTING | HEADS, {}),
    (POST, "classification.save_letters", "", ACTING | HEADS, {"to_issuer": "1"}),
    (POST, "classification.save", "", ACTING | HEADS,
     {"department": "021", "district": "0", "nature": "11"}),
    (GET, "registry.index", "", ANYONE, {}),
    (GET, "registry.acts_of", "body=region", ANYONE, {}),
    (GET, "registry.feed", "body=region", ANYONE, {}),
    (GET, "registry.show", "body=region act_id=act", ANYONE, {}),
    (GET, "registry.document", "body=region act_id=act document_id=act_document",
     ANYONE, {}),
    # The signature book.
    (GET, "parapheur.index", "", BOOK, {}),
    (GET, "parapheur.desk", "desk_id=juridique state=a-traiter", {"officer"}, {}),
    (GET, "parapheur.desk", "desk_id=juridique_2 state=termines", {"other_officer"}, {}),
    (POST, "parapheur_together.preview", "desk_id=juridique", {"officer"}, {}),
    (POST, "parapheur_together.do", "desk_id=juridique", {"officer"}, {}),
    (GET, "verifying.index", "", ANYONE, {}),
    (GET, "verifying.show", "code=folder_code", ANYONE, {}),
    (POST, "verifying.compare", "code=folder_code", ANYONE, {}),
    (GET, "delivering.show", "secret=mail_secret", ANYONE, {}),
    (GET, "delivering.download", "secret=opened_secret file_id=sent_file", ANYONE, {}),
    (POST, "delivering.open", "secret=opened_secret", ANYONE, {}),
    (POST, "delivering.revoke", "mail_id=secure_mail", {"colleague", "head"}, {}),
    (GET, "parapheur.task", "task_id=folder_task", {"officer", "colleague"}, {}),
    (GET, "parapheur_folders.show", "folder_id=folder", FOLDER, {}),
    (GET, "parapheur_folders.show", "folder_id=refused_folder", FOLDER, {}),
    (GET, "parapheur_folders.picture",
     "folder_id=folder file_id=folder_file number=1 page=1", FOLDER, {}),
    (GET, "parapheur_folders.picture",
     "folder_id=passed file_id=folder_file number=1 page=1", NOBODY, {}),
    (GET, "parapheur_folders.download", "folder_id=folder file_id=folder_file", FOLDER, {}),
    (GET, "parapheur_folders.download", "folder_id=passed file_id=folder_file", NOBODY, {}),
    (GET, "parapheur_folders.supporting",
     "folder_id=passed file_id=folder_file position=0", NOBODY, {}),
    (GET, "parapheur_folders.supporting",
     "folder_id=folder file_id=folder_file position=0", FOLDER, {}),
    (GET, "parapheur_folders.bundle", "folder_id=folder", FOLDER, {}),
    (POST, "parapheur_folders.annotate", "folder_id=folder", {"officer", "colleague"}, {}),
    (POST, "parapheur_folders.remove_remark", "folder_id=folder annotation_id=remark",
     {"officer"}, {}),
    (POST, "parapheur_folders.remove_remark", "folder_id=passed annotation_id=remark",
     NOBODY, {}),
    (POST, "parapheur_acts.approve", "folder_id=folder", {"officer"}, {"note": "Oui"}),
    (POST, "parapheur_acts.advise", "folder_id=folder", {"officer"}, {"avis": "favorable"}),
    (POST, "parapheur_acts.refuse", "folder_id=folder", {"officer"}, {"motif": "Non"}),
    (POST, "parapheur_acts.send_back", "folder_id=folder", {"officer"}, {"motif": "Non"}),
    (POST, "parapheur_acts.transfer", "folder_id=folder", {"officer"},
     {"bureau": "desk:assemblees"}),
    (POST, "parapheur_acts.ask_opinion", "folder_id=folder", {"officer"},
     {"bureau": "desk:assemblees", "question": "Oui ?"}),
    (POST, "parapheur_acts.give_opinion", "folder_id=folder opinion_id=folder_opinion",
     {"colleague"}, {"avis": "favorable"}),
    (POST, "parapheur_acts.give_opinion", "folder_id=passed opinion_id=folder_opinion",
     NOBODY, {"avis": "favorable"}),
    (POST, "parapheur_acts.undo", "folder_id=passed", {"officer"}, {}),
    (POST, "parapheur_acts.bypass", "folder_id=folder", {"head"}, {"motif": "Panne"}),
    (POST, "parapheur_reminders.remind", "folder_id=folder tache=folder_task", {"colleague", "head"}, {}),
    (POST, "parapheur_acts.abandon", "folder_id=refused_folder", {"colleague"}, {}),
    (GET, "parapheur_correction.correct", "folder_id=refused_folder", {"colleague"}, {}),
    (POST, "parapheur_correction.resume", "folder_id=refused_folder", {"colleague"}, {}),
    (POST, "parapheur_correction.send_again", "folder_id=refused_folder", {"colleague"},
     {"titre": "Autre"}),
    (GET, "parapheur_deposit.choose", "", BOOK, {}),
    (GET, "parapheur_deposit.start", "desk_id=assemblees subtype_id=folder_subtype",
     {"colleague"}, {}),
    (POST, "parapheur_deposit.send", "desk_id=assemblees subtype_id=folder_subtype",
     {"colleague"}, {"_submit": "1"}),
    (GET, "parapheur_deposit.picture", "page=1 f=file_word", {"officer"}, {}),
    (GET, "parapheur_search.index", "", BOOK, {}),
    (GET, "parapheur_search.index", "organisme=region", FOLDER, {}),
    (POST, "parapheur_search.export", "", BOOK, {}),
    (GET, "parapheur_delegations.index", "", BOOK, {}),
    (POST, "parapheur_delegations.give", "", BOOK, {}),
    (POST, "parapheur_delegations.revoke", "absence_id=folder_delegation",
     {"officer", "head", "brander"}, {}),
    (GET, "parapheur_typology.index", "", KEEPERS, {}),
    (GET, "parapheur_typology.index", "organisme=region", {"head"}, {}),
    (GET, "parapheur_typology.new_desk", "", KEEPERS, {}),
    (POST, "parapheur_typology.open_desk", "organisme=region", {"head"}, {"nom": "Paie"}),
    (GET, "parapheur_typology.show_desk", "desk_id=juridique", {"head"}, {}),
    (POST, "parapheur_typology.change_desk", "desk_id=juridique", {"head"}, {"nom": "A"}),
    (POST, "parapheur_typology.turn_desk", "desk_id=juridique act=fermeture", {"head"}, {}),
    (GET, "parapheur_kinds.new_type", "", KEEPERS, {}),
    (POST, "parapheur_kinds.add_type", "organisme=region", {"head"}, {}),
    (GET, "parapheur_kinds.show_type", "type_id=folder_type", {"head"}, {}),
    (POST, "parapheur_kinds.change_type", "type_id=folder_type", {"head"}, {}),
    (GET, "parapheur_kinds.new_subtype", "type_id=folder_type", {"head"}, {}),
    (POST, "parapheur_kinds.add_subtype", "type_id=folder_type", {"head"}, {}),
    (GET, "parapheur_kinds.show_subtype", "subtype_id=folder_subtype", {"head"}, {}),
    (POST, "parapheur_kinds.change_subtype", "subtype_id=folder_subtype", {"head"}, {}),
    (GET, "parapheur_circuits.new", "", KEEPERS, {}),
    (POST, "parapheur_circuits.create", "organisme=region", {"head"}, {}),
    (GET, "parapheur_circuits.show", "key=circuit", {"head"}, {}),
    (POST, "parapheur_circuits.change", "key=circuit", {"head"}, {}),
    (GET, "parapheur_circuits.diagram", "key=circuit", {"head"}, {}),
    (GET, "parapheur_circuits.drawing", "etapes=steps", KEEPERS, {}),
    (GET, "catalogue.index", "", ANYONE, {}),
    (GET, "catalogue.show", "slug=aid", ANYONE, {}),
    (GET, "catalogue.communes", "", ANYONE, {}),
    (GET, "api_reference.index", "", ANYONE, {}),
    (GET, "api.get_openapi", "", ANYONE, {}),
    (GET, "pages.home", "", ANYONE, {}),
    (GET, "pages.accessibility", "", ANYONE, {}),
    (GET, "pages.legal", "", ANYONE, {}),
    (GET, "pages.site_map", "", ANYONE, {}),
    (POST, "pages.preferences", "", ANYONE, {}),
    (GET, "pages.theme_css", "brand=brand version=first", ANYONE, {}),
    (GET, "pages.logo", "organisation_id=company", ANYONE, {}),
    (GET, "branding.preview_css", "brand=brand", ANYONE, {}),
    (GET, "following.index", "", ANYONE, {}),
    (POST, "following.enter", "", ANYONE, {}),
    (GET, "following.show", "", ANYONE, {}),
    (POST, "following.leave", "", ANYONE, {}),
    (GET, "health.healthz", "", ANYONE, {}),
    (GET, "health.readyz", "", ANYONE, {}),
    (GET, "static", "filename=file", ANYONE, {}),
    (POST, "callbacks.oseo_opinion", "", ANYONE, {}),
]  # fmt: skip


@dataclass(frozen=True)
class House:
    """The two offices, with the means to see a change and to undo it."""

    app: Flask
    office: TwoOffices
    database: sqlite3.Connection
    origin: sqlite3.Connection
    cookies: dict[str, Any]

    def browser(self, role: str) -> FlaskClient:
        """A fresh browser in which this person has just signed in."""
        made = Client(self.app, self.app.response_class, use_cookies=True)
        if role in self.cookies:
            made.set_cookie("session", self.cookies[role])
        return made

    def version(self) -> int:
        """A number that changes whenever anyone commits a change."""
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    def restore(self) -> None:
        """Everything as it was before the first request."""
        with sqlite3.connect(
            self.database.execute("PRAGMA database_list").fetchone()[2]
        ) as db:
            self.origin.backup(db)
        db.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house")
    app = build(environment(data))
    app.config["WTF_CSRF_ENABLED"] = False  # its own test is below: here, guards alone
    was, limits.limiter.enabled = limits.limiter.enabled, False
    with app.app_context():
        app.extensions["security"].pwd_context.update(
            argon2__rounds=1, argon2__memory_cost=64
        )
        office = open_two_offices(app)
        cookies = {
            role: client(app, actor).get_cookie("session").value
            for role, actor in office.cast.items()
            if role != "visitor"
        }
        _name_the_rest(office)
        _read_everything()
        db.session.remove()
    file = app.extensions["settings"].data / "ebg.sqlite"
    database, origin = sqlite3.connect(file), sqlite3.connect(":memory:")
    database.backup(origin)
    yield House(app, office, database, origin, cookies)
    limits.limiter.enabled = was
    origin.close()
    database.close()
    close(app)


def _name_the_rest(office: TwoOffices) -> None:
    """Addresses also name these."""
    with (ROOT / "workflows/grants/demo_aids.csv").open("rb") as file:
        import_aids(BytesIO(file.read()), origin="essai")
    with office.app.test_request_context():
        letters = preferences_link(office.ids["applicant_person"])
        link = invitation_link(office.ids["invitation"])
        registering = _serializer("registration").dumps(["new@essai.test", "/"])
    office.ids.update(
        key=KEY,
        first=1,
        aid=search(text="").aids[0].slug,
        brand="0b6b4f",
        file=next(
            str(found.relative_to(office.app.static_folder))
            for found in Path(office.app.static_folder).rglob("*")
            if found.is_file()
        ),
        bad_token="faux",
        letters_token=letters.rsplit("/", 1)[1],
        invitation_token=link.rsplit("/", 1)[1],
        registration_token=registering,
    )


def _read_everything() -> None:
    """Opening a page for the first time marks as read what one was told of it."""
    db.session.execute(update(Notice).values(read_at=clock.now()))
    db.session.commit()


def address(house: House, endpoint: str, named: str) -> str:
    arguments = dict(one.split("=") for one in named.split())
    found = {name: house.office.ids.get(what, what) for name, what in arguments.items()}
    with house.app.test_request_context():
        return url_for(endpoint, **found)


def outcome(answer: Any) -> str:
    """allowed, refused, or sent to sign in."""
    if answer.status_code in {403, 404, 409}:
        return "refused"
    if answer.status_code == 302 and answer.location.split("?")[0] == "/connexion":
        return "sign in"
    assert answer.status_code in {200, 302, 303, 400, 410, 422}, answer.text
    return "allowed"


def keyed(app: Flask, endpoint: str) -> bool:
    """Whether a key opens a route, and no session: test_api_access.py has those."""
    declared = guards.of(app, endpoint)
    return declared is not None and declared.check is not None


def test_every_route_is_in_the_table(app: Flask) -> None:
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods & {GET, POST, "PUT", "PATCH", "DELETE"}
        if not keyed(app, rule.endpoint)
    }
    assert routes == {(method, endpoint) for method, endpoint, *_ in TABLE}
    lines = [(method, endpoint, named) for method, endpoint, named, *_ in TABLE]
    assert len(lines) == len(set(lines)), "one line for each"


@pytest.mark.parametrize(
    ("method", "endpoint", "named", "allowed", "values"),
    [
        pytest.param(*line, id=f"{line[0]} {line[1]} {line[2]}")
        for line in TABLE
        if line[3] != ANYONE
    ],
)
def test_a_route_is_open_to_those_of_the_table_alone(
    house: House,
    method: str,
    endpoint: str,
    named: str,
    allowed: set[str],
    values: dict[str, str],
) -> None:
    assert set(house.office.cast) == ANYONE
    target = address(house, endpoint, named)
    wrong = {}
    for role in sorted(ANYONE):
        before = house.version()
        answer = house.browser(role).open(target, method=method, data=values or None)
        expected = (
            "allowed" if role in allowed else "sign in" if role == "visitor" else "refused"
        )
        if outcome(answer) != expected:
            wrong[role] = f"{outcome(answer)} ({answer.status_code})"
        if house.version() != before:
            if role not in allowed or method == GET:
                wrong[role] = "something changed"
            house.restore()
    assert not wrong


def test_bank_details_are_for_the_two_parties(house: House) -> None:
    """A body that is only consulted reads the request without them."""
    page = address(house, "sections.filed", "case_id=case")
    iban = TOLD["values"]["application"]["files"]["iban"]
    read = {
        role: "".join(html.unescape(answer.text).split())
        for role in ("officer", "applicant", "cofunder")
        for answer in [house.browser(role).open(page, follow_redirects=True)]
    }
    assert {role for role, text in read.items() if iban in text} == {"officer", "applicant"}
    assert "Totaldesdépenses" in read["cofunder"]
    assert "Totaldesdépenses" in read["officer"]
    assert "récapitulatif" not in read["cofunder"].lower(), "it tells everything"


def test_what_others_join_to_their_task_is_for_the_office(house: House) -> None:
    with house.app.app_context():
        found = {
            name: db.session.get_one(Document, house.office.ids[name]).audience
            for name in ("draft_document", "opinion_document")
        }
    assert found == {"draft_document": "everyone", "opinion_document": "office"}


@pytest.mark.parametrize(
    ("method", "endpoint", "named"),
    [
        pytest.param(*line[:3], id=f"{line[0]} {line[1]}")
        for line in TABLE
        if line[3] == ANYONE
    ],
)
def test_a_public_route_answers_everyone(
    house: House, method: str, endpoint: str, named: str
) -> None:
    """And opens nothing: it does the same for a stranger as for a visitor."""
    assert (declared := guards.of(house.app, endpoint)) and declared.visitors
    for role in ("visitor", "newcomer", "other_officer"):
        before = house.version()
        answer = house.browser(role).open(address(house, endpoint, named), method=method)
        assert answer.status_code in {200, 302, 303, 401, 410, 422}, (role, answer.text)
        assert house.version() == before


@pytest.mark.parametrize(
    ("method", "endpoint", "named"),
    [
        pytest.param(*line[:3], id=f"{line[1]} {line[2]}")
        for line in TABLE
        if line[0] in {POST, PUT}
    ],
)
def test_a_form_that_is_not_ours_is_refused(
    house: House, method: str, endpoint: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the token of one of our pages, nothing is written, whoever sends it."""
    monkeypatch.setitem(house.app.config, "WTF_CSRF_ENABLED", True)
    target, before = address(house, endpoint, named), house.version()
    for role in ("applicant", "officer", "cofunder", "administrator", "operator"):
        answer = house.browser(role).open(
            target, method=method, data={"text": "x", **SUBMIT}
        )
        if endpoint == "callbacks.oseo_opinion":
            assert answer.status_code == 401, "signed, not tokened"
        else:
            assert answer.status_code in {400, 403, 404}
            if answer.status_code == 400:
                assert "Formulaire expiré" in answer.text
    assert house.version() == before


def test_unknown_identifiers_lead_nowhere(house: House) -> None:
    for _method, endpoint, named, allowed, _values in TABLE:
        if "_id=" not in named or allowed == ANYONE:
            continue
        known = address(house, endpoint, named)
        for what in named.split():
            key = what.split("=")[1]
            unknown = known.replace(
                str(house.office.ids.get(key, key)), "00000000-0000-4000-8000-000000000000"
            )
            if unknown != known:
                answer = house.browser("operator").open(unknown, method=_method)
                assert answer.status_code in {403, 404}, unknown
