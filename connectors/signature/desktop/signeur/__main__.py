"""Starts the program; see the package's own words."""

import argparse
import ctypes
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import __doc__ as about
from .asking import in_terminal
from .guarding import Gate, as_origin, pairing_code
from .keys import KeyFile, KeyRefused, Keys, Token
from .service import Signeur

PORT = 9795
"""NexU's own."""
PR_SET_DUMPABLE = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; 2 when it could not begin."""
    asked = _arguments().parse_args(arguments)
    seclude()
    try:
        origins = frozenset(map(as_origin, asked.origin))
        keys = _keys(asked)
    except (KeyRefused, ValueError) as refusal:
        _say(f"signeur : {refusal}")
        return 2
    except ImportError as missing:
        _say(
            f"signeur : il manque {missing.name}. Installez : pip install cryptography python-pkcs11"
        )
        return 2
    code = pairing_code(_kept(), renew=asked.new_code)
    try:
        serving = Signeur(Gate(origins, code, asked.port), keys, in_terminal)
    except OSError as error:
        _say(f"signeur : le port {asked.port} est déjà pris ({error.strerror}).")
        return 2
    _say(
        f"Signeur prêt sur http://127.0.0.1:{serving.gate.port} pour {', '.join(sorted(origins))}."
    )
    _say(f"Code d’appairage à recopier dans le parapheur : {code}")
    _say("N’y tapez votre code que pour une signature que vous venez de demander.")
    _say("Laissez cette fenêtre ouverte. Ctrl+C pour arrêter.")
    try:
        serving.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        serving.server_close()
    return 0


def seclude() -> None:
    """Where the system can, let no other program of this person, nor a crash report, read
    this one's memory: PINs go through it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signeur", description=about, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--origin", action="append", required=True, help="adresse du parapheur"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--module", help="pilote PKCS#11 de la clé ou de la carte")
    where.add_argument("--file", type=Path, help="fichier PKCS#12 (.p12, .pfx)")
    parser.add_argument("--token", default="", help="nom du support, s’il y en a plusieurs")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument(
        "--new-code", action="store_true", help="tirer un autre code d’appairage"
    )
    return parser


def _keys(asked: argparse.Namespace) -> Keys:
    if asked.module:
        import pkcs11  # noqa: F401 - said missing now rather than at the first signature

        return Token(asked.module, asked.token)
    return KeyFile(asked.file, getpass.getpass(f"Mot de passe de {asked.file.name} : "))


def _kept() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(home) if home else Path.home() / ".config") / "signeur" / "appairage.json"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - its only screen


if __name__ == "__main__":
    raise SystemExit(main())
