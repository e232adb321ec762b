"""A worker that does nothing but sweep, in a process that a test kills."""

import os

from engine.sweep import sweep
from web.app import create_app


def main() -> None:
    """Sweep until killed."""
    app = create_app(dict(os.environ))
    with app.app_context():
        while True:
            sweep(lambda _call: None)


if __name__ == "__main__":
    main()
