"""Builds the application: the one place that knows every part.

Adding a part is one line: a blueprint in BLUEPRINTS.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from engine import clock, webhooks
from engine.commands import calls, task_jobs
from engine.models import db
from web import (
    bundles,
    config,
    due,
    errors,
    filling,
    i18n,
    limits,
    live,
    logs,
    navigation,
    partners,
    retained,
    security,
    shell,
)
from web.auth import guards, setup
from web.branding import hosts
from workflows import landmarks, publication, territory

ROOT = Path(__file__).parent.parent

# One line a blueprint, each a module that holds `bp`.
BLUEPRINTS = [
    "web.health",
    "web.pages",
    "web.auth.credentials",
    "web.auth.registration",
    "web.auth.company",
    "web.inbox.listing",
    "web.inbox.settings",
    "web.parapheur.desks",
    "web.parapheur.together",
    "web.parapheur.folders",
    "web.parapheur.deciding",
    "web.parapheur.reminders",
    "web.parapheur.depositing",
    "web.parapheur.correcting",
    "web.parapheur.search",
    "web.parapheur.typology",
    "web.parapheur.kinds",
    "web.parapheur.circuits",
    "web.parapheur.delegations",
    "web.people.acts",
    "web.people.absences",
    "web.people.team",
    "web.bulk.views",
    "web.undo",
    "web.inbox.drafting",
    "web.company.rights",
    "web.company.export",
    "web.company.mine",
    "web.portal.space",
    "web.portal.requests",
    "web.portal.vault",
    "web.portal.tracking",
    "web.portal.following",
    "web.portal.catalogue",
    "web.cases.views",
    "web.parapheur.signing",
    "web.parapheur.certifying",
    "web.cases.sections",
    "web.cases.notes",
    "web.cases.asks",
    "web.cases.previews",
    "web.exports.views",
    "web.cases.search",
    "web.operate.views",
    "web.operate.case_operations",
    "web.operate.jobs",
    "web.operate.hosts",
    "web.operate.partners",
    "web.operate.exchanges",
    "web.operate.journal",
    "web.operate.running",
    "web.operate.retaining",
    "web.operate.measured",
    "web.branding.views",
    "web.designer.views",
    "web.designer.beginning",
    "web.designer.tables",
    "web.designer.forms",
    "web.designer.letters",
    "web.designer.feel",
    "web.designer.usages",
    "web.designer.files",
    "web.designer.publication",
    "web.designer.trial",
    "web.designer.scenarios",
    "web.designer.canvas",
    "web.directory.bodies",
    "web.directory.people",
    "web.directory.ending",
    "web.directory.inviting",
    "web.directory.roles",
    "web.directory.services",
    "web.directory.imports",
    "web.directory.procedures",
    "web.directory.journal",
    "web.designer.comparing",
    "web.designer.statistics",
    "web.designer.transfers",
    "web.designer.migrating",
    "web.legality.acts",
    "web.legality.transmitting",
    "web.legality.letters",
    "web.legality.classification",
    "web.legality.registry",
    "web.callbacks",
    "web.parapheur.verifying",
    "web.parapheur.delivering",
    "web.transmission.service",
    "web.transmission.acts",
    "web.transmission.confirming",
    "web.transmission.letters",
    "web.transmission.listing",
    "web.transmission.pes",
    "web.transmission.operating",
    "web.news.views",
    "web.api.v1",
    "web.iparapheur.views",
    "web.iparapheur.signing",
    "web.iparapheur.bin",
    "web.iparapheur.provisioning",
    "web.iparapheur.soap.door",
    "web.api.hooks",
    "web.api.reference",
    "web.accounting.listing",
    "web.accounting.orders",
    "web.accounting.pes",
    "web.accounting.returns",
    "web.accounting.budgets",
    "web.accounting.contracts",
    "web.accounting.invoices",
]


def create_app(environment: Mapping[str, str] | None = None) -> Flask:
    """The whole office, as these environment variables say (the process's by default)."""
    settings = config.read(environment)
    logs.configure()
    clock.configure(settings.data / "clock" if settings.clock == "movable" else None)
    calls.configure(
        timedelta(seconds=settings.call_lease),
        longest_wait=timedelta(seconds=settings.longest_wait),
    )

    app = Flask("web")
    app.config.from_mapping(config.flask_config(settings))
    app.extensions["settings"] = settings
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, 0, 0)  # type: ignore[method-assign]

    app.wsgi_app = hosts.WellNamed(app.wsgi_app)  # type: ignore[method-assign]

    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader(ROOT / "web/templates"),
            FileSystemLoader(ROOT / "forms/templates"),
        ]
    )

    db.init_app(app)
    Migrate(
        app,
        db,
        directory=str(ROOT / "engine/migrations"),
        render_as_batch=True,
        compare_type=True,
    )
    for part in (logs, bundles, i18n, errors, navigation, shell, guards, limits):
        part.init_app(app)
    security.init_app(app, secure=settings.secure)
    partners.init_app(app)
    setup.init_app(app)
    live.init_app(app)
    retained.init_app(app)
    publication.load_operations()
    task_jobs.configure(filling.judged)
    webhooks.decided_by(landmarks.decisions_of)
    territory.use(ROOT / "web/data")
    app.add_template_global(clock.now, "present")
    app.add_template_global(due.words, "due_words")
    for module in BLUEPRINTS:
        app.register_blueprint(import_module(module).bp)
    import_module("web.cli").init_app(app)
    return app
