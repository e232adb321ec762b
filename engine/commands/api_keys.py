"""Make, replace and revoke an organisation's keys, and note what they are used for."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from connectors import StoredFile
from engine import api_keys, clock, journal
from engine.access import Actor, require
from engine.api_keys import ApiAnswer, ApiKey, ApiUpload
from engine.directory import Organisation, Person
from engine.errors import EngineError, MotiveMissing
from engine.models import db
from engine.notices import DUE, KINDS, NOTHING, NoticeChoice
from engine.transaction import lock, transaction

USED_EVERY = timedelta(minutes=5)
"""How precisely one knows when a key was last used: a reading should not write."""

BEING_DONE = timedelta(minutes=2)
"""After which a request whose answer never came may be done again."""


class KeyRefused(EngineError):
    """A key cannot be made so; `fields` are what to put right, each with the reason.

    Under "", what no field is the cause of: too many keys, or one that is closed.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__()
        self.fields = dict(fields)


class AlreadyBeingDone(EngineError):
    """A request with this key is being done at this very moment."""


class OtherRequest(EngineError):
    """This key was used with another request."""


def create(
    organisation_id: UUID,
    *,
    name: str,
    scopes: Collection[str],
    roles: Collection[str],
    expires_at: datetime | None,
    actor: Actor,
) -> tuple[UUID, str]:
    """Make a key; returns its id and the key itself, told this once.

    A technical person is made with it, told nothing and written to by nobody. Raises
    Forbidden, KeyRefused.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "manage", body)
        end = _judged(body, name, scopes, roles, expires_at)
        person = Person(id=uuid4(), email=f"{uuid4().hex}@api.invalid", name=name.strip())
        db.session.add(person)
        db.session.flush()
        for kind in (*KINDS, DUE):
            db.session.add(NoticeChoice(person_id=person.id, kind=kind, channel=NOTHING))
        return _made(
            body.id, person.id, name.strip(), scopes, roles, end, actor,
            act="api_key_created",
        )  # fmt: skip


def _judged(
    body: Organisation,
    name: str,
    scopes: Collection[str],
    roles: Collection[str],
    expires_at: datetime | None,
) -> datetime:
    """The end of a key that may be made so. Raises KeyRefused with all that is wrong."""
    now, wrong = clock.now(), dict[str, str]()
    if not name.strip() or len(name.strip()) > api_keys.LONGEST_NAME:
        wrong["name"] = "length"
    if not scopes or not set(scopes) <= set(api_keys.scopes_for(body)):
        wrong["scope"] = "unknown"
    offered = set(api_keys.roles_for(body))
    if not set(roles) <= offered or (offered and not roles):
        wrong["role"] = "unknown"
    if expires_at is None or not now < expires_at <= now + api_keys.LONGEST_LIFE:
        wrong["expires_on"] = "range"
    if wrong or expires_at is None:
        raise KeyRefused(wrong)
    _make_room(body.id)
    return expires_at


def _make_room(organisation_id: UUID) -> None:
    living = select(func.count()).where(
        ApiKey.organisation_id == organisation_id,
        ApiKey.revoked_at.is_(None),
        ApiKey.expires_at > clock.now(),
    )
    if (db.session.scalar(living) or 0) >= api_keys.MOST_KEYS:
        raise KeyRefused({"": "many"})


def _made(
    organisation_id: UUID,
    person_id: UUID,
    name: str,
    scopes: Collection[str],
    roles: Collection[str],
    expires_at: datetime,
    actor: Actor,
    act: str,
) -> tuple[UUID, str]:
    token, prefix = api_keys.new_token()
    key = ApiKey(
        id=uuid4(),
        organisation_id=organisation_id,
        person_id=person_id,
        name=name,
        prefix=prefix,
        digest=api_keys.digest(token),
        scopes=sorted(scopes),
        roles=sorted(roles),
        created_by=actor.person_id,
        expires_at=expires_at,
    )
    db.session.add(key)
    _tell(key, act, actor, scopes=" ".join(key.scopes), roles=" ".join(key.roles))
    return key.id, token


def replace(key_id: UUID, *, overlap: timedelta, actor: Actor) -> tuple[UUID, str]:
    """Make a key like this one, for as long a life; both open during `overlap`.

    It acts as the same technical person, and so finds its drafts and tasks again. Raises
    Forbidden, KeyRefused (this one opens nothing any more, or too long an overlap).
    """
    with transaction():
        key = lock(ApiKey, key_id)
        body = lock(Organisation, key.organisation_id)
        require(actor, "manage", body)
        now = clock.now()
        if key.state != "active" or key.replaced_by is not None:
            raise KeyRefused({"": "closed"})
        if not timedelta() <= overlap <= api_keys.LONGEST_OVERLAP:
            raise KeyRefused({"overlap": "range"})
        _make_room(body.id)
        life = min(key.expires_at - key.created_at, api_keys.LONGEST_LIFE)
        made = _made(
            body.id, key.person_id, key.name, key.scopes, key.roles, now + life, actor,
            act="api_key_replaced",
        )  # fmt: skip
        key.expires_at = min(key.expires_at, now + overlap)
        key.replaced_by = made[0]
        return made


def revoke(key_id: UUID, *, motive: str, actor: Actor) -> None:
    """Have a key open nothing any more, at once. Raises Forbidden, MotiveMissing."""
    with transaction():
        key = lock(ApiKey, key_id)
        require(actor, "manage", db.session.get_one(Organisation, key.organisation_id))
        if not motive.strip():
            raise MotiveMissing
        if key.revoked_at is not None:
            return
        key.revoked_at, key.revoked_by = clock.now(), actor.person_id
        key.motive = motive.strip()[:2000]
        _tell(key, "api_key_revoked", actor, motive=key.motive)


def _tell(key: ApiKey, act: str, actor: Actor, **detail: str) -> None:
    about = {"key": str(key.id), "prefix": key.prefix, "name": key.name}
    chain = f"organisation:{key.organisation_id}"
    journal.write(chain, act, by=actor.person_id, detail=about | detail)


def used(key: ApiKey) -> None:
    """Note that a key has just been used, unless that was noted a moment ago."""
    now = clock.now()
    if key.last_used_at is not None and now - key.last_used_at < USED_EVERY:
        return
    with transaction():
        db.session.execute(
            update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now)
        )


def keep_upload(file: StoredFile, *, organisation_id: UUID) -> UUID:
    """Keep a stored file for a request to come; returns the id it is named by."""
    with transaction():
        kept = ApiUpload(
            id=uuid4(),
            organisation_id=organisation_id,
            sha256=file.sha256,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
        )
        db.session.add(kept)
        return kept.id


def begin(person_id: UUID, idempotency_key: str, request: str) -> ApiAnswer | None:
    """What was answered to this request already; None when it is to be done now.

    Raises OtherRequest when the key was used for another, AlreadyBeingDone.
    """
    try:
        with transaction():
            known = db.session.get(
                ApiAnswer, (person_id, idempotency_key), with_for_update=True
            )
            now = clock.now()
            if known is None:
                db.session.add(
                    ApiAnswer(
                        person_id=person_id,
                        idempotency_key=idempotency_key,
                        request=request,
                        at=now,
                    )
                )
                return None
            if known.request != request:
                raise OtherRequest
            if known.status is None:
                if now - known.at < BEING_DONE:
                    raise AlreadyBeingDone
                known.at = now
                return None
            return known
    except IntegrityError:  # the same request, at the same moment
        raise AlreadyBeingDone from None


def answered(
    person_id: UUID, idempotency_key: str, status: int, headers: dict[str, str], body: bytes
) -> None:
    """Keep an answer, to be given again to the same request."""
    with transaction():
        db.session.execute(
            update(ApiAnswer)
            .where(
                ApiAnswer.person_id == person_id,
                ApiAnswer.idempotency_key == idempotency_key,
            )
            .values(status=status, headers=headers, body=body)
        )


def give_up(person_id: UUID, idempotency_key: str) -> None:
    """Forget a request that was refused: it may come again, corrected."""
    with transaction():
        db.session.execute(
            delete(ApiAnswer).where(
                ApiAnswer.person_id == person_id,
                ApiAnswer.idempotency_key == idempotency_key,
                ApiAnswer.status.is_(None),
            )
        )


def forget() -> int:
    """Remove old answers and files sent ahead that no request named; how many."""
    now = clock.now()
    with transaction():
        gone = [
            db.session.execute(
                delete(ApiAnswer).where(ApiAnswer.at < now - api_keys.ANSWER_LIFE)
            ),
            db.session.execute(
                delete(ApiUpload).where(ApiUpload.at < now - api_keys.UPLOAD_LIFE)
            ),
        ]
        return sum(one.rowcount for one in gone)  # type: ignore[attr-defined]
