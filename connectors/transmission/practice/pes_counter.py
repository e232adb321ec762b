"""The counter of S²LOW for PES: what it checks before it takes one."""

import hashlib

from connectors.transmission.practice.accountant import LARGEST, post
from connectors.transmission.practice.counter import Rejected
from connectors.transmission.practice.held import Held


def take(held: Held, siren: str, filename: str, content: bytes) -> int:
    """Take a PES; its number. Raises Rejected."""
    if not content:
        raise Rejected("Échec lors du téléchargement du fichier")
    if len(content) > LARGEST:
        raise Rejected(
            "Taille de fichier supérieure à la limite autorisée (128 Mo maximum)."
        )
    sha1 = hashlib.sha1(content).hexdigest()  # noqa: S324  S²LOW's own way to know a file
    with held.opened() as db:
        if db.execute("SELECT 1 FROM pes WHERE sha1 = ?", [sha1]).fetchone():
            raise Rejected("doublon détecté. Ce fichier a déjà été posté.")
        number: int = db.execute(
            "INSERT INTO pes (siren, filename, sha1, content, status, submitted_at)"
            " VALUES (?, ?, ?, ?, 1, ?) RETURNING id",
            [siren, filename, sha1, content, held.now()],
        ).fetchone()[0]
        post(held, db, number)
    return number
