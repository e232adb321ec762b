"""A worker that does nothing but finish lots of signatures, until none is left: to be killed."""

import os

from tests.conftest import close
from web.app import create_app
from web.parapheur.finishing import finish


def main() -> None:
    """Make signed files and their acts, a few at a time."""
    app = create_app(dict(os.environ))
    while finish(app):
        pass
    close(app)


if __name__ == "__main__":
    main()
