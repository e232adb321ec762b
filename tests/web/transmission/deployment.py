"""A whole transmission service in a process of its own: its database, its workers, its socket.

    python -m tests.web.transmission.deployment FOLDER PORT LOGIN=SECRET=SIREN …

It says `ready` when the ministry has sent the classification of every member.
"""

import sys
import threading
from pathlib import Path

from werkzeug.serving import make_server

from engine.actors import actor_for
from engine.commands import people
from engine.models import db
from tests.conftest import build, environment
from web.transmission import collecting, sealing
from web.worker import Workers
from workflows import publication
from workflows.relay import accounts, reading
from workflows.relay.accounts import Wanted


def serve(folder: Path, port: int, members: list[list[str]]) -> None:
    """Serve until the process is ended."""
    collecting.EVERY = 0.2
    app = build(environment(folder, ACTES_SANDBOX_SECONDS="0", HELIOS_ANSWER_SECONDS="0"))
    with app.app_context():
        platform = people.add_organisation("platform", "Service", slug="platform")
        person = people.add_person("olga@service.test", "Olga Durand")
        people.grant(person, platform, "operator")
        for key, found in publication.folders().items():
            if key.startswith("relay."):
                publication.publish(key, publication.read_folder(found), owner_id=platform)
        bodies = []
        for login, secret, siren in members:
            body = people.add_organisation("member", login.title(), siren=siren)
            wanted = Wanted(body, login, sealing.seal(secret), "021", "0", "11")
            accounts.open_account(wanted, actor=actor_for(person))
            bodies.append(body)
    workers = Workers(app)
    workers.start(threads=2)
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pause = threading.Event()
    with app.app_context():
        while not all(reading.classified_on(body) for body in bodies):
            db.session.rollback()
            pause.wait(0.1)
        db.session.remove()
    print("ready", flush=True)
    workers.wait()


if __name__ == "__main__":
    _name, folder, port, *members = sys.argv
    serve(Path(folder), int(port), [one.split("=") for one in members])
