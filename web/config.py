"""Settings, all from environment variables: nothing set means a demonstration on one machine.

    PORT            where the development server listens                    8000
    EBG_DATA        folder of everything kept on disk                       ./var
    DATABASE_URL    postgresql+psycopg://… ; SQLite in EBG_DATA when absent
    REDIS_URL       wakes the workers and counts requests; in-process when absent
    SECRET_KEY      signs sessions and links; made once in EBG_DATA when absent
    PUBLIC_URL      the address people type; https makes the cookies secure
    EBG_CLOCK       "movable" lets demonstrations and tests advance time
    EBG_PROXIES     how many trusted proxies stand before us                0
    EBG_SESSION_HOURS  how long one stays signed in without acting          10
    EBG_CALL_LEASE  seconds after which a dead worker's call is taken up    60
    EBG_EVENTS      public address of the event process (…/evenements), with REDIS_URL; pages
                    only ask every half minute when absent
    EBG_DIGEST_AT   when the letter of the day leaves, in Paris             07:30
    EBG_RENEW_MONTHS  how long before its end the timestamp of a signed file is renewed  6
    EBG_WEBHOOKS_INSIDE  "1" lets webhooks reach this very machine over http, to try them
    EBG_LONGEST_WAIT  seconds at most before a call that failed is tried again  3600

Everything else is passed to the partners' `connect` as it is (`partners`).
"""

import os
import secrets
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from engine.transaction import SNAPSHOT


class Settings(BaseSettings):
    """What one process was told when it started."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    port: int = Field(8000, alias="PORT")
    data: Path = Field(Path("var"), alias="EBG_DATA")
    database_url: str = Field("", alias="DATABASE_URL")
    redis_url: str = Field("", alias="REDIS_URL")
    secret_key: str = Field("", alias="SECRET_KEY")
    public_url: str = Field("", alias="PUBLIC_URL")
    clock: Literal["", "movable"] = Field("", alias="EBG_CLOCK")
    proxies: int = Field(0, alias="EBG_PROXIES", ge=0)
    session_hours: int = Field(10, alias="EBG_SESSION_HOURS", gt=0)
    call_lease: int = Field(60, alias="EBG_CALL_LEASE", gt=0)
    longest_wait: int = Field(3600, alias="EBG_LONGEST_WAIT", gt=0)
    events: str = Field("", alias="EBG_EVENTS", pattern=r"^(https?:/)?(/[^\s;,?]+)?$")
    digest_at: time = Field(time(7, 30), alias="EBG_DIGEST_AT")
    renew_months: int = Field(6, alias="EBG_RENEW_MONTHS", ge=1, le=60)
    webhooks_inside: bool = Field(False, alias="EBG_WEBHOOKS_INSIDE")
    partners: Mapping[str, str] = Field(default_factory=dict)

    @property
    def secure(self) -> bool:
        """Whether people reach us over TLS."""
        return self.public_url.startswith("https://")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read` was given: a test is not altered by its machine."""
        return (init_settings,)


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this environment (the process's own when none is given).

    Makes the data folder. Raises pydantic.ValidationError, which names the bad variable.
    """
    given = dict(os.environ if environment is None else environment)
    settings = Settings(**given, partners=given)  # type: ignore[arg-type]
    data = settings.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    return settings.model_copy(
        update={
            "data": data,
            "database_url": settings.database_url or f"sqlite:///{data / 'ebg.sqlite'}",
            "secret_key": settings.secret_key or _kept_secret(data / "secret_key"),
            "public_url": (
                settings.public_url or f"http://localhost:{settings.port}"
            ).rstrip("/"),
        }
    )


def flask_config(settings: Settings) -> dict[str, Any]:
    """What Flask and its extensions want to be told."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(settings.database_url),
        "SESSION_COOKIE_NAME": "__Host-session" if settings.secure else "session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=settings.session_hours),
        "PREFERRED_URL_SCHEME": "https" if settings.secure else "http",
        "MAX_CONTENT_LENGTH": 110 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "MAX_FORM_PARTS": 5_000,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
        # A lost Redis must not close the office: each process then counts for itself.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: people fill forms slowly
        "BABEL_DEFAULT_LOCALE": "fr_FR",
        "BABEL_DEFAULT_TIMEZONE": "Europe/Paris",
    }


def _kept_secret(file: Path) -> str:
    """A key of this machine, made once. Several processes may start at the same time."""
    try:
        with os.fdopen(
            os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as new:
            new.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text()


def _engine_options(url: str) -> dict[str, Any]:
    """Parameters hold what people typed: they stay out of errors, hence of the logs."""
    options: dict[str, Any] = {"hide_parameters": True}
    return options if url.startswith("sqlite") else {**options, "isolation_level": SNAPSHOT}
