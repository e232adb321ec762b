"""Processes kept in memory between two steps, so that a busy case is not decoded each time.

What is kept is used only if it is what the locked row says: the digest of its state and its
version. So it is never wrong, whoever moved the case meanwhile: another thread, another
machine, an operator, a backup put back. Whoever takes a process has it alone; it is put back
after the commit, and a step that fails puts nothing back.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from uuid import UUID

from engine.models import ProcessInstance
from engine.spiff.process import Process

MOST, MOST_BYTES = 200, 8_000_000
"""Processes, and bytes of their states together; in memory they take several times that."""


@dataclass(frozen=True)
class _Kept:
    process: Process
    size: int
    version: tuple[str, UUID]


_kept: OrderedDict[UUID, _Kept] = OrderedDict()
_lock = Lock()


def take(instance: ProcessInstance) -> Process | None:
    """The process of a locked instance, for the caller alone; None when it must be read."""
    with _lock:
        found = _kept.pop(instance.id, None)
    return found.process if found and found.version == _version(instance) else None


def put(instance: ProcessInstance, process: Process) -> None:
    """Keep a process as it was just committed; those unused for longest make room."""
    process.rest()
    kept = _Kept(process, len(instance.state), _version(instance))
    with _lock:
        _kept[instance.id] = kept
        _kept.move_to_end(instance.id)
        size = sum(one.size for one in _kept.values())
        while len(_kept) > MOST or size > MOST_BYTES:
            size -= _kept.popitem(last=False)[1].size


def clear() -> None:
    """Forget them all."""
    with _lock:
        _kept.clear()


def _version(instance: ProcessInstance) -> tuple[str, UUID]:
    return instance.digest, instance.definition_id
