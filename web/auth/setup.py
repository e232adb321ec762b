"""Flask-Security, told to do only what we use and to speak through our pages and our mail."""

import base64
import hmac
from datetime import timedelta
from typing import Any, cast

from flask import Flask, g, session
from flask_login import user_logged_in
from flask_security import (
    LoginForm,
    MailUtil,
    PasswordUtil,
    RoleMixin,
    Security,
    SQLAlchemyUserDatastore,
    Totp,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    UserMixin,
)
from wtforms import RadioField, StringField  # type: ignore[import-untyped]

from engine.models import db
from web import mailing
from web.accounts import Account
from web.security import safe

PASSWORD_LENGTH = 12

OPTIONS: dict[str, Any] = {
    "PASSWORD_HASH": "argon2",
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": {"argon2"},  # no second secret to lose with the passwords
    "PASSWORD_LENGTH_MIN": PASSWORD_LENGTH,
    "RECOVERABLE": True,
    "CHANGEABLE": True,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_IMPLEMENTATIONS": {"code": "flask_security.twofactor.CodeTfPlugin"},
    "TWO_FACTOR_POST_SETUP_VIEW": "security.account",
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "TOTP_ISSUER": "e-bourgogne",
    "RETURN_GENERIC_RESPONSES": True,  # nobody learns who has an account
    "API_ENABLED_METHODS": ["session"],
    "FRESHNESS": timedelta(minutes=30),
    "FRESHNESS_GRACE_PERIOD": timedelta(minutes=15),
    "RESET_PASSWORD_WITHIN": timedelta(hours=4),
    "POST_LOGIN_VIEW": "/",
    "POST_LOGOUT_VIEW": "/",
    "POST_CHANGE_VIEW": "security.account",
    "JOIN_USER_ROLES": False,  # roles are holdings: engine.directory
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # no DNS while one waits
    "EMAIL_HTML": False,
    "CLI_USERS_NAME": "",
    "CLI_ROLES_NAME": "",
    "LOGIN_USER_TEMPLATE": "auth/sign_in.html",
    "VERIFY_TEMPLATE": "auth/verify.html",
    "FORGOT_PASSWORD_TEMPLATE": "auth/forgotten.html",
    "RESET_PASSWORD_TEMPLATE": "auth/reset.html",
    "CHANGE_PASSWORD_TEMPLATE": "auth/change.html",
    "TWO_FACTOR_SETUP_TEMPLATE": "auth/second_factor.html",
    "TWO_FACTOR_VERIFY_CODE_TEMPLATE": "auth/code.html",
    "MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "auth/recovery_codes.html",
    "MULTI_FACTOR_RECOVERY_TEMPLATE": "auth/recovery.html",
    "EMAIL_TEMPLATE_PASSWORD_RESET": "auth/mail/reset",
    "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "auth/mail/changed",
    "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "auth/mail/changed",
}

# Short list on purpose: the length does most of the work.
COMMON = ("motdepasse", "password", "azerty", "qwerty", "123456", "bourgogne", "bonjour")


class SignIn(LoginForm):
    """E-mail and password; sessions end by themselves, nothing is remembered."""

    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """Forgive spaces and capitals, and forget a page that is not ours."""
        self.email.data = (self.email.data or "").strip().lower()
        self.next.data = safe(self.next.data)
        return bool(super().validate(**kwargs))


class SecondFactor(TwoFactorSetupForm):
    """`authenticator` or `disable`, from the buttons of the page."""

    setup = StringField()


class LostPhone(TwoFactorRescueForm):
    """Never shown: our page links to the recovery codes."""

    help_setup = RadioField(choices=[])


class Passwords(PasswordUtil):
    """A password of twelve characters or more that is not one everybody tries."""

    def validate(
        self, password: str, is_register: bool, **kwargs: Any
    ) -> tuple[list[str] | None, str]:
        """The reasons for refusing it, in French, and the password as it will be hashed."""
        reasons, normalized = super().validate(password, is_register, **kwargs)
        return reasons or weakness(normalized), normalized


def weakness(password: str) -> list[str] | None:
    """Why this password is too easy, in French; None if it will do."""
    from flask_babel import gettext as _

    if len(password) < PASSWORD_LENGTH:
        return [_("Douze caractères au moins.")]
    rest = password.lower()
    for word in COMMON:
        rest = rest.replace(word, "")
    if len(set(rest)) < 5:  # noqa: PLR2004  "aaaaaaaaaaaa", "motdepasse123"
        return [_("Ce mot de passe est trop facile à deviner.")]
    return None


class Letters(MailUtil):
    """Flask-Security's letters leave through our mail partner."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: str | tuple[str, str],
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Send the text; `recipient` is one address."""
        mailing.send(str(recipient), str(subject), body or "")


class OneTimeCodes(Totp):
    """A code that has served does not serve again."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The period of the last code used."""
        return _account(user).totp_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Remember it, in the transaction of the request."""
        _account(user).totp_counter = tmatch.counter


class Credentials(SQLAlchemyUserDatastore):
    """Accounts, written in the transaction that `credentials.writes` opens and commits."""

    def commit(self) -> None:
        """Nothing: `engine.transaction` alone commits."""


def init_app(app: Flask) -> None:
    """Prepare sign-in; the routes are those of `web.auth.credentials`."""
    secret = app.config["SECRET_KEY"]
    app.config.update({f"SECURITY_{name}": value for name, value in OPTIONS.items()})
    app.config["SECURITY_TOTP_SECRETS"] = {1: _derived(secret, "totp").decode()}
    app.config["SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS"] = [_derived(secret, "recovery")]
    security = Security(
        app,
        Credentials(db, Account, RoleMixin),
        register_blueprint=False,
        login_form=SignIn,
        two_factor_setup_form=SecondFactor,
        two_factor_rescue_form=LostPhone,
        mail_util_cls=Letters,
        password_util_cls=Passwords,
        totp_cls=OneTimeCodes,
    )
    security.want_json(lambda _request: False)
    security.principal.identity_loaders.clear()  # else every request would read the account
    user_logged_in.connect(_start_afresh, app)


def _start_afresh(app: Flask, **_about: Any) -> None:
    """Keep nothing of the session from before signing in but the reader's preferences."""
    for key in set(session) - {"locale", "appearance", "_user_id", "_fresh", "_id"}:
        if not key.startswith(("fs_", "tf_")):
            del session[key]
    g.pop("csrf_token", None)
    session.permanent = True


def _account(user: UserMixin) -> Account:
    """The same object, as what we know it to be."""
    return cast("Account", user)


def _derived(secret: str, purpose: str) -> bytes:
    """A key for one purpose, made from the application's secret."""
    return base64.urlsafe_b64encode(
        hmac.digest(secret.encode(), purpose.encode(), "sha256")
    )
