"""A worker that does nothing but jobs, until none is left: made to be killed."""

import os

from engine.commands import jobs
from tests.conftest import close
from web.app import create_app


def main() -> None:
    """Do the items of running jobs, one at a time."""
    app = create_app(dict(os.environ))
    with app.app_context():
        while jobs.advance(10):
            pass
    close(app)


if __name__ == "__main__":
    main()
