"""The address of a call: read strictly, so that nothing behind us can read it in another way.

Parsers of URLs disagree about everything unusual, and their disagreement is how a forbidden address
gets past a check. So the unusual is refused here: what passes has one meaning.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from definitions.actions.rules import (
    HTTPS_PORT,
    NAME,
    IPAddress,
    NetworkRules,
    is_public,
    looks_numeric,
)
from definitions.schemas.problem import Problem

LONGEST = 2_000
#: What servers commonly read: what was written, and what the data add to it.
LONGEST_WITH_QUERY = 8_000
FORBIDDEN = "forbidden_address"

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?P<authority>[^/?#]*)"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?P<fragment>#.*)?",
    re.IGNORECASE,
)
#: RFC 3986: what may stand in a path or a query as it is.
_RIGHT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
_PORT = re.compile(r"[0-9]{1,5}")
#: Names that mean something only inside of one network (RFC 6761, 6762, 8375, 9476 and habit).
_LOCAL_ENDINGS = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "arpa",
    "onion",
    "invalid",
    "alt",
)


@dataclass(frozen=True, slots=True)
class Address:
    """What a good URL says. `host` is a name in small letters, or the address where it is one."""

    scheme: str
    host: str | IPAddress
    port: int

    @property
    def is_here(self) -> bool:
        """This machine, by its usual name or by a loopback address."""
        return self.host == "localhost" if isinstance(self.host, str) else self.host.is_loopback


class BadAddress(ValueError):
    """The words are for the person who wrote it."""


def check_address(url: str, rules: NetworkRules) -> list[Problem]:
    """Why the address cannot be called, as far as it shows without looking its name up; the name
    is looked up, and what it leads to checked, at each call.
    """
    try:
        refuse_forbidden(read_address(url), rules)
    except BadAddress as error:
        return [Problem("", str(error), FORBIDDEN)]
    return []


def read_address(url: str, longest: int = LONGEST) -> Address:
    """What the URL says.

    Raises:
        BadAddress: it is not a plain http or https URL.
    """
    if len(url) > longest:
        raise BadAddress(f"The address is longer than {longest:,} characters.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress(
            "The address has a blank, or a letter that addresses do not have. Write a name such as "
            "bücher.example in its xn-- form, and other letters as %C3%BC."
        )
    parts = _URL.fullmatch(url)
    if parts is None or parts["scheme"].lower() not in ("https", "http"):
        raise BadAddress("The address must start with https://.")
    if parts["fragment"] is not None:
        raise BadAddress("Leave out what follows the “#”; it is never sent.")
    if "@" in parts["authority"]:
        raise BadAddress("Put no name or password into the address; use a header with a secret.")
    if not _RIGHT.fullmatch(f"{parts['path'] or ''}?{parts['query'] or ''}"):
        raise BadAddress("The address has a character that must be written as %xx, such as “\\”.")
    host, port = _read_authority(parts["authority"].lower())
    scheme = parts["scheme"].lower()
    return Address(scheme, host, port or (HTTPS_PORT if scheme == "https" else 80))


def _read_authority(authority: str) -> tuple[str | IPAddress, int | None]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    elif not _PORT.fullmatch(port) or not 0 < int(port) < 65536:
        raise BadAddress("After the colon a port must follow: a number from 1 to 65535.")
    return _read_host(host), int(port) if port else None


def _read_host(host: str) -> str | IPAddress:
    if host.startswith("[") and host.endswith("]"):
        try:
            address = IPv6Address(host[1:-1])
        except ValueError:
            raise BadAddress(f"“{host}” is not an IPv6 address.") from None
        if address.scope_id is not None or address.ipv4_mapped is not None:
            raise BadAddress(f"“{host}” is not a plain IPv6 address.")
        return address
    if looks_numeric(host.rstrip(".")):
        try:
            return IPv4Address(host)
        except ValueError:
            raise BadAddress(f"“{host}” is not an address in the form 192.0.2.1.") from None
    if host.endswith("."):
        raise BadAddress("Leave out the dot at the end of the host's name.")
    if not NAME.fullmatch(host):
        raise BadAddress(f"“{host}” is not the name of a host.")
    return host


def refuse_forbidden(address: Address, rules: NetworkRules) -> None:
    """Raise BadAddress where the rules already forbid it, before any name is looked up."""
    if address.is_here and rules.allow_loopback:
        return
    if address.scheme != "https":
        raise BadAddress("Only addresses that start with https:// may be called.")
    if isinstance(address.host, str):
        _refuse_name(address.host, address.port, rules)
    elif rules.lists(address.host, address.port):
        return
    elif not is_public(address.host):
        raise BadAddress(f"{address.host} is not a public address, so it may not be called.")
    elif address.port != HTTPS_PORT:
        raise BadAddress(_words_for_port(address.port))


def _refuse_name(name: str, port: int, rules: NetworkRules) -> None:
    # A private address that is allowed is usually called by a name of that network.
    if not rules.names_port(name, port) and not rules.lists_port(port):
        raise BadAddress(_words_for_port(port))
    is_local = "." not in name or name.rsplit(".", 1)[-1] in _LOCAL_ENDINGS
    if is_local and not rules.lists_port(port):
        raise BadAddress(f"“{name}” is a name of a private network, which may not be called.")


def _words_for_port(port: int) -> str:
    return (
        f"Port {port} may not be called; only {HTTPS_PORT} may. The people who run TicketFlower "
        "can allow another one."
    )
