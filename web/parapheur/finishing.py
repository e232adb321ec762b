"""Finishes the lots whose signatures were given: the signed files, then each folder's act.

Whatever dies, nothing is lost nor done twice: the values are in the database, a folder is
leased for a minute, and its act comes with its result.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import structlog
from flask import Flask

from connectors import Refused, Retryable
from engine.transaction import assert_no_transaction
from workflows.parapheur import concluding, signing
from workflows.parapheur.lots import SigningItem, SigningLot

log = structlog.get_logger()

AT_ONCE = 8
TOGETHER = 2
"""Signed files made at once, while the acts before them are written."""


def finish(app: Flask) -> int:
    """Conclude the next folders of the lots that wait; returns how many there were."""
    with app.app_context(), ThreadPoolExecutor(TOGETHER) as pool:
        taken = concluding.take(AT_ONCE)
        assert_no_transaction()
        connector = app.extensions["partners"]["signature"]
        making = [pool.submit(_made, item, connector) for item, _lot in taken]
        for (item, lot), made in zip(taken, making, strict=True):
            _conclude(item, lot, made)
        return len(taken)


def _made(item: SigningItem, connector: Any) -> list[dict[str, Any]]:
    """The signed files of a folder; nothing of the database is asked."""
    return [
        {
            **connector.finish(prepared=document, values=values),
            "document_sha256": document["document_sha256"],
        }
        for document, values in signing.values_of(item)
    ]


def _conclude(
    item: SigningItem, lot: SigningLot, made: Future[list[dict[str, Any]]]
) -> None:
    try:
        signed = made.result()
    except Refused as refusal:
        concluding.refuse(item, " ".join(refusal.reasons))
    except Retryable:  # its lease ends, and it is tried again
        log.warning("signing_unreachable", lot=str(lot.id), exc_info=True)
    except Exception as error:  # one folder must not stop the others
        log.exception("signing_failed", lot=str(lot.id), position=item.position)
        concluding.fail(item, f"{type(error).__name__} : {error}")
    else:
        concluding.conclude(item, lot, signed)
