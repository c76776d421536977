"""How to reach the mail server, from one address: smtp://USER:PASSWORD@HOST:587?tls=1 or smtps://HOST."""

from dataclasses import dataclass, field
from email.utils import parseaddr
from urllib.parse import parse_qsl, unquote, urlsplit

PORTS = {"smtp": 25, "smtps": 465}
STARTTLS_PORT = 587


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over: plain, plain and then sealed (`starttls`), or sealed from the start (`tls`)."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False


def read_mail_server(url: str) -> MailServer:
    """The server that the address names. What is wrong is said without the address, which holds a password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:  # its message would show what stands there, which may be half a password
        raise ValueError("needs a number as port; write other signs of a password as %xx") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("must begin with smtp://HOST or smtps://HOST")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if set(options) - {"tls"} or options.get("tls", "0") not in {"0", "1"} or parts.path.strip("/"):
        raise ValueError("knows only ?tls=1 or ?tls=0 behind the host; write other signs of a password as %xx")
    starttls = options.get("tls") == "1" and parts.scheme == "smtp"
    return MailServer(
        host=parts.hostname,
        port=port or (STARTTLS_PORT if starttls else PORTS[parts.scheme]),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=starttls,
        tls=parts.scheme == "smtps",
    )


def is_sender(value: str) -> bool:
    """One address, with or without a name before it, on one line."""
    name, _at, domain = parseaddr(value)[1].partition("@")
    return bool(name and domain) and not any(ord(sign) < ord(" ") for sign in value)
