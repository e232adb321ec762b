"""Every partner, connected; and what a diagram may ask of them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, getdoc, isfunction, signature
from pathlib import Path
from typing import Any

from connectors import StoredFile

# Storage comes first: the others read and keep documents through it.
NAMES = (
    "storage",
    "antivirus",
    "mail",
    "sirene",
    "oseo",
    "archiving",
    "transmission",
    "rendering",
    "actes",
    "helios",
    "timestamp",
    "signature",
)


def connect_all(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None = None,
    data: Path,
    names: Collection[str] = NAMES,
) -> Mapping[str, Any]:
    """The client of each capability, by name: the configured partner or its sandbox.

    `names`, by default all of them, are those to connect besides the storage.
    `documents` reads a document's bytes by SHA-256, by default from the storage connected.
    """
    partners: dict[str, Any] = {}
    given: dict[str, Any] = {"clock": clock, "documents": documents, "data": data}
    wanted_names = [name for name in NAMES if name == NAMES[0] or name in names]
    for name in filter(_exists, wanted_names):
        connect = import_module(f"connectors.{name}").connect
        wanted = signature(connect).parameters.keys() & given.keys()
        partners[name] = connect(settings, **{one: given[one] for one in wanted})
        if name == "storage":
            given["documents"] = documents or partners[name].read
            given["store"] = _store(partners[name])
    return partners


def remote_calls(partners: Mapping[str, Any]) -> Mapping[str, Mapping[str, bool]]:
    """What diagrams may call: `oseo.request_opinion` → each parameter, and if it is required.

    A remote call is a method of the port that takes `key`, which the outbox gives it.
    """
    return {
        f"{name}.{method}": parameters
        for name in partners
        for method, parameters in _acts(_port(name))
    }


def about(name: str) -> str:
    """The first line that a port says of `oseo.request_opinion`."""
    capability, _, method = name.partition(".")
    said = getdoc(getattr(_port(capability), method)) or ""
    return said.partition("\n")[0]


@dataclass(frozen=True)
class Setting:
    """One setting of a partner, as it may be shown. `value` is None for a secret."""

    name: str
    given: bool
    value: str | None


def settings_of(name: str, settings: Mapping[str, str]) -> list[Setting]:
    """The settings that a capability documents, without its secrets."""
    about = import_module(f"connectors.{name}").__doc__ or ""
    names = dict.fromkeys(_SETTING.findall(about)) if _exists(name) else {}
    return [_shown(one, settings.get(one, "")) for one in names]


_SETTING = re.compile(r"(?:`|^ +|, )([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:`|\b)", re.MULTILINE)
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|KEY|CREDENTIAL")
_ACCOUNT = re.compile(r"(?<=://)[^/@\s]*@")


def _shown(name: str, value: str) -> Setting:
    if _SECRET.search(name):
        return Setting(name, bool(value), None)
    return Setting(name, bool(value), _ACCOUNT.sub("…@", value))


def _exists(name: str) -> bool:
    return bool(find_spec(f"connectors.{name}") and find_spec(f"connectors.{name}.port"))


def _store(storage: Any) -> Callable[[bytes, str, str], StoredFile]:
    """`store(bytes, name, media type)`, for partners whose answers hold documents."""

    def store(content: bytes, name: str, media_type: str) -> StoredFile:
        kept: StoredFile = storage.put(content, name=name, media_type=media_type)
        return kept

    return store


def _port(name: str) -> type:
    """The Protocol that `connectors.<name>.port` defines."""
    module = import_module(f"connectors.{name}.port")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and getattr(value, "_is_protocol", False)
        and value.__module__ == module.__name__
    )


def _acts(port: type) -> Iterator[tuple[str, dict[str, bool]]]:
    for name, method in vars(port).items():
        if name.startswith("_") or name == "lookup" or not isfunction(method):
            continue
        _, *parameters = signature(method).parameters.values()
        if any(one.name == "key" for one in parameters):
            yield (
                name,
                {
                    one.name: one.default is Parameter.empty
                    for one in parameters
                    if one.name != "key"
                },
            )
