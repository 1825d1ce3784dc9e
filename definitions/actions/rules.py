"""Where calls may go: public addresses on port 443, and what the platform has allowed besides."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

HTTPS_PORT = 443
IPAddress = IPv4Address | IPv6Address

#: A dotted name as DNS and certificates have it: letters, digits and inner hyphens.
NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)

# Beyond what `ipaddress` knows as private or reserved: ways back into a network, and blocks that
# have an owner but no public machines. IANA's special-purpose registries, RFC 6890 and successors.
_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "100.64.0.0/10",  # shared by the customers of a provider; used inside of clouds
        "192.0.0.0/24",
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # relays of 6to4
        "192.175.48.0/24",  # AS112
        "168.63.129.16/32",  # Azure's own services; public by its number only
        "2001::/23",  # Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4: holds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",
    )
)
# Where clouds tell a machine its secrets, besides the link-local 169.254.169.254.
_METADATA = frozenset(
    map(ip_address, ("100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"))
)
# Machines have addresses from here only; the rest of IPv6 is mapped, embedded, local or multicast.
_GLOBAL_UNICAST = ip_network("2000::/3")


def is_public(address: IPAddress) -> bool:
    """Whether anybody on the internet could have this address."""
    if any(address.version == block.version and address in block for block in _NOT_PUBLIC):
        return False
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def plain(address: IPAddress) -> IPAddress:
    """An IPv4 address that came as ::ffff:a.b.c.d is that IPv4 address: it is what is dialled."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of a company's list: a name opens a port of public addresses; an address opens
    itself, in a private network too, for every name that leads to it.
    """

    host: str | IPAddress
    port: int = HTTPS_PORT

    @classmethod
    def parse(cls, entry: str) -> "Allowed":
        """ "erp.example:8443", "10.1.2.3", "[fd00::1]:8443".

        Raises:
            ValueError: it is none of these, or something that is never allowed.
        """
        parts = re.fullmatch(r"\[([^\]]+)\](?::([0-9]{1,5}))?|([^:]+)(?::([0-9]{1,5}))?", entry)
        if parts is None:
            raise ValueError(f"“{entry}” is not a host with or without a port: erp.example:8443")
        port = int(parts[2] or parts[4] or HTTPS_PORT)
        if not 0 < port < 65536:
            raise ValueError(f"“{entry}”: ports go from 1 to 65535.")
        return cls(_host(entry, (parts[1] or parts[3]).lower(), parts[1] is not None), port)


def _host(entry: str, host: str, in_brackets: bool) -> str | IPAddress:
    try:
        address = ip_address(host)
    except ValueError:
        if in_brackets or not NAME.fullmatch(host) or looks_numeric(host):
            raise ValueError(f"“{entry}” has neither a host's name nor an address.") from None
        return host
    if not _can_be_allowed(address):
        raise ValueError(f"“{entry}”: this address can never be allowed.")
    return address


def looks_numeric(name: str) -> bool:
    """Whether a resolver might read it as a number: 2130706433, 127.1, 0x7f.1, 0177.0.0.1. Only
    the last label decides (URL standard, "ends in a number").
    """
    last = name.rsplit(".", 1)[-1]
    return re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last) is not None


def _can_be_allowed(address: IPAddress) -> bool:
    """Loopback has a setting of its own; the rest is a cloud's metadata, or nobody's machine."""
    never = (
        address in _METADATA,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_unspecified,
        plain(address) != address,
        address.version == 4 and address.is_reserved,
        getattr(address, "scope_id", None),
    )
    return not any(never)


@dataclass(frozen=True, slots=True)
class NetworkRules:
    """Where the calls of one company may go.

    `allow_loopback`: this machine too, on any port and by plain http; for development.
    `ca_file`: certificates that are trusted instead of the public ones; "" for these.
    """

    allowed: frozenset[Allowed] = frozenset()
    allow_loopback: bool = False
    ca_file: str = ""

    def names_port(self, name: str, port: int) -> bool:
        """Whether a host's name may be called there, wherever it leads."""
        return port == HTTPS_PORT or Allowed(name, port) in self.allowed

    def lists_port(self, port: int) -> bool:
        """Whether an address, of whatever name, is allowed there."""
        return any(one.port == port and not isinstance(one.host, str) for one in self.allowed)

    def lists(self, address: IPAddress, port: int) -> bool:
        return Allowed(address, port) in self.allowed

    def may_dial(self, scheme: str, name: str, address: IPAddress, port: int) -> bool:
        """The last word, about the address that is about to be dialled for `name`."""
        if address.is_loopback:
            return self.allow_loopback
        if scheme != "https":
            return False
        if self.lists(address, port):
            return True
        return is_public(address) and self.names_port(name, port)
