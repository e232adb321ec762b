"""Telling an event to an address that an organisation gave us, whoever answers there.

The address is not trusted: see `address` for what it may be, `sender` for how it is reached.
"""

from connectors.webhooks.address import AddressRefused, checked, local, public
from connectors.webhooks.sender import Answer, Sender, new_secret_of, sign

__all__ = [
    "AddressRefused",
    "Answer",
    "Sender",
    "checked",
    "local",
    "new_secret_of",
    "public",
    "sign",
]
