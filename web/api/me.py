"""The key itself: whose it is, what it may do, until when."""

from datetime import datetime
from uuid import UUID

from web.api import keyed
from web.api.declaring import operation
from web.api.definitions import Body
from web.api.shapes import Shape


class Me(Shape):
    """The key of this request."""

    id: UUID
    name: str
    organisation: Body
    scopes: list[str]
    roles: list[str]
    expires_at: datetime


@operation(
    "GET",
    "/me",
    tag="Clé",
    summary="Lire la clé employée",
    about="À qui est la clé, ce qu’elle permet et jusqu’à quand : de quoi l’essayer.",
)
def get_me() -> Me:
    """Whose the key is, what it may do and until when: to try it."""
    key = keyed.key()
    body = key.organisation
    return Me(
        id=key.id,
        name=key.name,
        organisation=Body(id=body.id, name=body.name),
        scopes=key.scopes,
        roles=key.roles,
        expires_at=key.expires_at,
    )
