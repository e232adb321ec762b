"""SMTP, one step at a time: which step failed tells whether the message has left."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from connectors import Ambiguous, ConnectorError, Misconfigured, Refused, Retryable
from connectors.mail.message import compose
from connectors.mail.port import Refusal, Sent

Dial = Callable[[float], socket.socket]


@dataclass(frozen=True)
class Account:
    """Our name at the server; empty where it asks none."""

    username: str
    password: str


@dataclass(frozen=True)
class SmtpMail:
    """A server reached through `dial`, which opens one connection a message."""

    dial: Dial
    sender: str
    account: Account
    clock: Callable[[], datetime]
    timeout: float
    mode: str
    starttls: ssl.SSLContext | None = None
    public_url: str = ""

    def send(
        self,
        *,
        to: list[str],
        subject: str,
        text: str,
        key: str,
        reply_to: str | None = None,
        page: str = "",
    ) -> Sent:
        if not to:
            raise Refused(["Le message n'a pas de destinataire."], code="invalid")
        message = compose(
            sender=self.sender,
            to=to,
            subject=subject,
            text=f"{text}\n{self.public_url}{page}\n" if page else text,
            key=key,
            reply_to=reply_to,
            now=self.clock(),
        )
        with self._connected() as server:
            refused = _address(server, message)
            _hand_over(server, message)
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        unwanted = {refusal["address"] for refusal in refused}
        return {
            "message_id": message["Message-ID"],
            "accepted": [
                address for address in _recipients(message) if address not in unwanted
            ],
            "refused": refused,
        }

    def check(self) -> list[str]:
        try:
            with self._connected() as server:
                server.noop()
                server.quit()
        except ConnectorError as error:
            return [str(error)]
        return []

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A server that has accepted us. What fails before the text is sent is retryable."""
        try:
            with _Server(self.dial, self.timeout) as server:
                server.ehlo()
                if self.starttls:
                    server.starttls(context=self.starttls)
                    server.ehlo()
                if self.account.username:
                    server.login(self.account.username, self.account.password)
                yield server
        except ssl.SSLError as error:
            raise Misconfigured(
                f"Messagerie : liaison chiffrée refusée ({error})."
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            if _temporary(error.smtp_code):
                raise Retryable(f"La messagerie est indisponible ({error}).") from error
            raise Misconfigured(f"Messagerie : identifiants refusés ({error}).") from error
        except smtplib.SMTPNotSupportedError as error:
            raise Misconfigured(f"Messagerie : {error}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Retryable(f"La messagerie ne répond pas ({error}).") from error


class _Server(smtplib.SMTP):
    """The standard library's client, on a socket of our own choosing."""

    def __init__(self, dial: Dial, timeout: float) -> None:
        self._dial = dial
        super().__init__("sandbox", 25, local_hostname="localhost", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._dial(timeout)

    def close(self) -> None:
        with suppress(OSError):
            super().close()


def over_tcp(host: str, port: int, tls: ssl.SSLContext | None) -> Dial:
    """Opens connections to a server, encrypted from the first byte if `tls` is given."""

    def dial(timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        return tls.wrap_socket(connection, server_hostname=host) if tls else connection

    return dial


def _address(server: smtplib.SMTP, message: EmailMessage) -> list[Refusal]:
    """Names the sender and the recipients; gives those refused, if any is accepted.

    One recipient that the server will take later holds back the whole message: sent now
    and again later, it would reach the others twice.
    """
    code, answer = server.mail(message["From"].addresses[0].addr_spec)
    if not _accepted(code):
        raise _refusal(code, answer)
    refused: list[Refusal] = []
    recipients = _recipients(message)
    for address in recipients:
        code, answer = server.rcpt(address)
        if _temporary(code):
            raise _refusal(code, answer)
        if not _accepted(code):
            refused.append({"address": address, "reason": _said(code, answer)})
    if len(refused) == len(recipients):
        raise Refused([f"{one['address']} : {one['reason']}" for one in refused])
    return refused


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        code, answer = server.data(message.as_bytes())
    except smtplib.SMTPDataError as error:  # refused before the text
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise Ambiguous(
            f"Messagerie : liaison perdue pendant l'envoi ({error})."
        ) from error
    if not _accepted(code):
        raise _refusal(code, answer)


def _refusal(code: int, answer: bytes | str) -> ConnectorError:
    if _temporary(code):
        return Retryable(f"La messagerie demande d'attendre ({_said(code, answer)}).")
    return Refused([f"La messagerie a refusé le message ({_said(code, answer)})."])


def _recipients(message: EmailMessage) -> list[str]:
    return [address.addr_spec for address in message["To"].addresses]


def _accepted(code: int) -> bool:
    return 200 <= code < 300  # noqa: PLR2004 - RFC 5321, 4.2.1


def _temporary(code: int) -> bool:
    return 400 <= code < 500  # noqa: PLR2004 - RFC 5321, 4.2.1


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return f"{code} {text}"
