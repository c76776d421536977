"""Where messages may go: an address that somebody typed must not lead into our own network."""

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address leads where messages must not go, or nowhere."""


@dataclass(frozen=True)
class Target:
    """Where a message goes: the name that the certificate must bear, and the addresses that were found good."""

    scheme: str
    host: str
    addresses: tuple[str, ...]
    port: int
    path: str


def demand_public(url: str) -> None:
    """Refuse an address that could never be told anything; names are looked up again at every message."""
    try:
        split_address(url)
    except Refused as error:
        raise ValidationError({"url": ValidationError(str(error), code="bad_address")}) from None


def resolve(url: str) -> Target:
    """Look the name up once, judge every answer, and pin them: a second look-up might be answered otherwise."""
    scheme, host, port, path = split_address(url)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(_("Nobody knows the name %(host)s.") % {"host": host}) from None
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public(address) for address in addresses):
        raise Refused(_("%(host)s leads into a private network, where nothing is sent.") % {"host": host})
    return Target(scheme, host, addresses, port, path)


def split_address(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of an address that may be called."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(_("This is not a web address. Write it like https://example.com/hooks.")) from None
    schemes = {"https", "http"} if settings.WEBHOOK_ALLOW_PRIVATE else {"https"}
    if parts.scheme not in schemes or not host:
        raise Refused(_("The address must begin with https:// and a host."))
    if parts.username is not None or parts.password is not None:
        raise Refused(_("An address with a user name or a password in it is not kept. Signatures show who sent it."))
    if _is_private_literal(host) and not settings.WEBHOOK_ALLOW_PRIVATE:
        raise Refused(_("%(host)s leads into a private network, where nothing is sent.") % {"host": host})
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    if not path.isascii() or not path.isprintable() or " " in path:
        raise Refused(_("The path of the address has characters that must be written as %-codes."))
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, in whatever disguise it comes."""
    try:
        return _is_public(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        hidden = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if not all(_is_public(inner) for inner in hidden if inner is not None):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_private_literal(host: str) -> bool:
    try:
        return not _is_public(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
