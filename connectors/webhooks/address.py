"""Which addresses may be told anything: public ones over https, and nothing inside.

    checked("https://hooks.example.org/ebg")    # the address, written in one way only
    public("10.0.0.1")                          # False

A name is checked again each time it is resolved: what it says today it may not say tomorrow.
"""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import quote, urlsplit

import idna

LONGEST = 2000

_NAME = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
_INSIDE = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa",
           "test", "invalid", "onion")  # fmt: skip
_KEPT = "%/:@!$&'()*+,;=~-._?"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TRANSLATED: tuple[tuple[Network, int], ...] = (
    (ipaddress.ip_network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.ip_network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),  # IPv4-translated
    (ipaddress.ip_network("::/96"), 0),  # IPv4-compatible
    (ipaddress.ip_network("2002::/16"), 80),  # 6to4
)
"""Addresses of IPv6 that hold one of IPv4, and how many bits come after it."""

_NEVER: tuple[Network, ...] = (
    ipaddress.ip_network("64:ff9b:1::/48"),  # NAT64 of a network's own
    ipaddress.ip_network("2001::/32"),  # Teredo
    ipaddress.ip_network(
        "168.63.129.16/32"
    ),  # what a cloud's machines ask about themselves
    ipaddress.ip_network("100.64.0.0/10"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("fec0::/10"),
)
"""Networks that are reserved for something else than being told, whatever Python knows."""


class AddressRefused(Exception):
    """This address cannot be told anything; `why` is a word, for a sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def checked(url: str, *, inside: bool = False) -> str:
    """The address, if its form may be told: https, a name or a public address, no user.

    `inside` is a machine's where things are tried: http is then accepted for itself. Raises
    AddressRefused.
    """
    if not url or len(url) > LONGEST:
        raise AddressRefused("length")
    if any(ord(char) <= 32 or ord(char) == 127 or char in '\\"<>^`{|}' for char in url):  # noqa: PLR2004
        raise AddressRefused("characters")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "", inside=inside)
    except (ValueError, UnicodeError) as error:
        raise AddressRefused("malformed") from error
    own = inside and host in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme != "https" and not (own and parts.scheme == "http"):
        raise AddressRefused("scheme")
    if "@" in parts.netloc:
        raise AddressRefused("user")
    if parts.fragment or url.endswith("#"):
        raise AddressRefused("fragment")
    if port == 0 or (port is None and parts.netloc.endswith(":")):
        raise AddressRefused("port")
    where = f"[{host}]" if ":" in host else host
    if port is not None and port != {"https": 443, "http": 80}[parts.scheme]:
        where = f"{where}:{port}"
    path = quote(parts.path or "/", safe=_KEPT)
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    return f"{parts.scheme}://{where}{path}{query}"


def _host(host: str, *, inside: bool) -> str:
    """A public address as it is written, or a name of the public internet, in ASCII."""
    if inside and host in {"localhost", "127.0.0.1", "::1"}:
        return host
    if ":" in host:
        if not public(host):
            raise AddressRefused("inside")
        return str(ipaddress.ip_address(host))
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", host):
        # Shortened, octal or hexadecimal: what one reads is not where one goes.
        if not public(host):
            raise AddressRefused("inside")
        return host
    name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    if not _NAME.fullmatch(name) or name.rpartition(".")[2] in _INSIDE:
        raise AddressRefused("host")
    if not host.isascii() or "xn--" in name:
        idna.decode(name)
    return name


def public(address: str) -> bool:
    """Whether this is an address of the public internet, in its full form."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if any(found in network for network in _NEVER if network.version == found.version):
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            return False
        for network, after in _TRANSLATED:
            if found in network:
                within = (int(found) >> after) & 0xFFFFFFFF
                return public(str(ipaddress.IPv4Address(within)))
    reserved = found.is_multicast or found.is_reserved or found.is_unspecified
    return found.is_global and not reserved


def local(address: str) -> bool:
    """Whether this is this machine itself, for where things are tried."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


Reachable = Callable[[str], bool]
