"""Nothing but public addresses is ever dialled: at save, at the call, behind a redirect, and when a
name changes its mind. What counts is how many connections a server on this machine has seen.

Two walls stand one behind the other at the call: what the address says, and what the name leads
to (for which the library and our own rules each have a look). Each is tried without the others.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from definitions.actions import addresses, rules
from definitions.actions.addresses import Address
from operations.outgoing import (
    Allowed,
    Call,
    CallFailed,
    NetworkRules,
    check_address,
    network_rules,
    send,
    sending,
    transport,
)
from tests.certificates import Authority
from tests.forbidden import LED_TO, SPELLED
from tests.targets import Target, target

PUBLIC = "93.184.215.14"
NOWHERE_ELSE = NetworkRules()


@dataclass
class Network:
    """What this test's programs see of the world: the names in `names` and nothing else. Whatever
    would leave this machine is noted and refused.
    """

    names: dict[str, list[str]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    #: An address elsewhere, and the server here that stands in for it.
    stand_ins: dict[str, tuple[str, int]] = field(default_factory=dict)

    def look_up(self, name: str) -> list[str]:
        self.looked_up.append(name)
        answers = self.names.get(name.rstrip(".").lower())
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answers


@pytest.fixture
def network(monkeypatch) -> Network:
    made = Network()
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def offline(host: Any, port: Any, *args: Any, **named: Any) -> Any:
        named = {**named, "flags": socket.AI_NUMERICHOST}
        try:
            return look_up(host, port, *args, **named)
        except OSError:
            found = made.look_up(str(host))
        return [one for each in found for one in look_up(each, port, *args, **named)]

    def at_home(self: socket.socket, place: Any) -> None:
        address = ip_address(place[0].partition("%")[0])
        here = getattr(address, "ipv4_mapped", None) or address
        if place[0] in made.stand_ins:
            place = made.stand_ins[place[0]]
        elif not here.is_loopback and not here.is_unspecified:
            made.strays.append(place[0])
            raise ConnectionRefusedError(111, "Nothing leaves this machine")
        connect(self, place)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    monkeypatch.setattr(socket.socket, "connect", at_home)
    return made


@pytest.fixture(scope="module")
def server() -> Iterator[Target]:
    """On every address of this machine, so that a visitor by any spelling is noticed."""
    with target(everywhere=True) as running:
        yield running


@pytest.fixture
def victim(server: Target, network: Network, monkeypatch) -> Target:
    """Its port is the one that calls may go to: only the address can keep them away."""
    monkeypatch.setattr(rules, "HTTPS_PORT", server.port)
    monkeypatch.setattr(addresses, "HTTPS_PORT", server.port)
    server.connections = 0
    return server


def failure(url: str, allowed: NetworkRules = NOWHERE_ELSE) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        send(Call("POST", url, "task-1", body=b"{}", timeout_seconds=5), rules=allowed)
    return raised.value


def named(number: int, address: str, network: Network) -> str:
    """A usual name that leads there."""
    name = f"erp{number}.example"
    network.names[name] = [address]
    return name


# At save


@pytest.mark.parametrize("url", SPELLED)
def test_a_forbidden_address_is_refused_at_save(url: str, victim: Target, network: Network) -> None:
    (problem,) = check_address(url.format(port=victim.port), NOWHERE_ELSE)

    assert problem.keyword == "forbidden_address"
    assert problem.message.endswith(".")
    assert (network.looked_up, network.strays, victim.connections) == ([], [], 0)


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example",
        "https://erp.example/",
        "HTTPS://ERP.Example/Orders",
        "https://erp.example:443/a/b.c?x=1&y=%20#"[:-1],
        "https://xn--bcher-kva.example/",
        "https://1.2.3.4.erp.example/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://erp.example/~ann/(1);v=2,3:4@5!$&'*+",
    ],
)
def test_a_usual_address_is_accepted(url: str) -> None:
    assert check_address(url, NOWHERE_ELSE) == []


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("https://erp.example:8443/", "Port 8443"),
        ("https://erp.example:0/", "port"),
        ("https://erp.example:99999/", "port"),
        ("https://erp.example:٤٤٣/", "letter"),
        ("https://erp.example:/", "port"),
        ("https://erp_1.example/", "name of a host"),
        ("https://-erp.example/", "name of a host"),
        (f"https://{'a' * 64}.example/", "name of a host"),
        ("https://erp..example/", "name of a host"),
        ("https://erp.example/a b", "blank"),
        ("https://erp.example/%2", "%xx"),
        ("https://erp.example/{id}", "%xx"),
        (f"https://erp.example/{'a' * 2000}", "longer"),
        ("http://erp.example/", "https://"),
        ("https://ann:secret@erp.example/", "secret"),
    ],
)
def test_what_is_wrong_is_said(url: str, word: str) -> None:
    (problem,) = check_address(url, NOWHERE_ELSE)

    assert word in problem.message


# At the call


@pytest.mark.parametrize("url", SPELLED)
def test_a_forbidden_address_is_refused_at_the_call(
    url: str, victim: Target, network: Network
) -> None:
    failed = failure(url.format(port=victim.port))

    assert (failed.error_name, failed.sent) == ("forbidden_address", False)
    assert (network.looked_up, network.strays, victim.connections) == ([], [], 0)


@pytest.mark.parametrize("address", LED_TO)
def test_a_name_that_leads_to_one_is_refused_at_the_call(
    address: str, victim: Target, network: Network
) -> None:
    url = f"https://{named(1, address, network)}:{victim.port}/"
    assert check_address(url, NOWHERE_ELSE) == []

    failed = failure(url)

    assert (failed.error_name, failed.sent) == ("forbidden_address", False)
    assert "erp1.example leads to" in failed.message
    assert (network.strays, victim.connections) == ([], 0)


def every_address(network: Network, port: int) -> Iterator[str]:
    for url in SPELLED:
        yield url.format(port=port)
    for number, address in enumerate(LED_TO):
        for scheme in ("https", "http"):
            yield f"{scheme}://{named(number, address, network)}:{port}/"


def try_all(network: Network, port: int, allowed: NetworkRules = NOWHERE_ELSE) -> int:
    tried = 0
    for url in every_address(network, port):
        with pytest.raises((CallFailed, ValueError)):
            send(Call("POST", url, "task-1", body=b"{}", timeout_seconds=5), rules=allowed)
        tried += 1
    return tried


@pytest.fixture
def no_reading(monkeypatch) -> None:
    """The first wall is gone: nobody reads the address."""
    monkeypatch.setattr(
        sending, "_checked", lambda call, rules: Address("https", "not-read.example", 443)
    )


@pytest.fixture
def no_library(monkeypatch) -> None:
    """The library looks names up and lets everything pass."""

    def any_host(name: str, port: int | None, *, allow_loopback: bool) -> str:
        found = str(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)[0][4][0])
        return f"[{found}]" if ":" in found else found

    monkeypatch.setattr("requests_hardened.ip_filter_adapter.filter_host", any_host)


@pytest.fixture
def no_rules(monkeypatch) -> None:
    """Our own look at what is about to be dialled is gone."""
    monkeypatch.setattr(transport._Guard, "may_dial", lambda self, host, port: None)


def test_without_reading_the_rest_holds(victim: Target, network: Network, no_reading) -> None:
    assert try_all(network, victim.port) >= 60

    assert (network.strays, victim.connections) == ([], 0)


def test_our_rules_alone_hold(victim: Target, network: Network, no_reading, no_library) -> None:
    assert try_all(network, victim.port) >= 60

    assert (network.strays, victim.connections) == ([], 0)


def test_the_library_alone_keeps_this_machine_safe(
    victim: Target, network: Network, no_reading, no_rules
) -> None:
    try_all(network, victim.port)

    assert victim.connections == 0
    # What it does not know, and we do: embedded, site-local and unassigned IPv6, and Azure's.
    assert set(network.strays) <= {
        "::127.0.0.1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "fec0::1",
        "4000::1",
        "168.63.129.16",
    }


def test_without_any_wall_they_would_have_come(
    victim: Target, network: Network, no_reading, no_library, no_rules
) -> None:
    """Or the tests above would prove nothing."""
    try_all(network, victim.port)

    assert victim.connections >= 30
    assert len(set(network.strays)) >= 30


# Behind a redirect


@pytest.mark.parametrize("status", [301, 303, 308])
def test_a_redirect_leads_nowhere(status: int, victim: Target, network: Network) -> None:
    """Even where this machine may be called: redirects are not followed at all."""
    here = NetworkRules(allow_loopback=True)
    with target() as other:
        for place in every_address(network, victim.port):
            url = other.url(f"/redirect?status={status}&to={quote(place.strip() or '/')}")

            assert failure(url, here).error_name in ("redirect", "connect")

        assert len(other.calls("/redirect")) >= 60
    assert (network.strays, victim.connections) == ([], 0)


# A name that changes its mind


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_the_address_that_was_looked_at_is_the_one_that_is_dialled(
    address: str, victim: Target, network: Network, monkeypatch
) -> None:
    """First public, then here; and the other way round; each look-up another answer."""
    for first in (PUBLIC, address):
        turns = [first, address if first == PUBLIC else PUBLIC] * 20
        monkeypatch.setattr(network, "look_up", lambda name, turns=turns: [turns.pop(0)])
        for _ in range(10):
            failed = failure(f"https://erp.example:{victim.port}/")

            assert failed.error_name in ("connect", "forbidden_address")
            assert not failed.sent

    assert victim.connections == 0
    assert set(network.strays) == {PUBLIC}


def test_a_name_is_looked_up_once_per_call(victim: Target, network: Network) -> None:
    network.names["erp.example"] = [PUBLIC]

    failure(f"https://erp.example:{victim.port}/")

    assert network.looked_up == ["erp.example"]
    assert network.strays == [PUBLIC]


def test_a_name_with_two_addresses_is_dialled_at_the_one_looked_at(
    victim: Target, network: Network
) -> None:
    network.names["erp.example"] = [PUBLIC, "127.0.0.1"]
    failure(f"https://erp.example:{victim.port}/")
    network.names["erp.example"] = ["127.0.0.1", PUBLIC]
    failed = failure(f"https://erp.example:{victim.port}/")

    assert failed.error_name == "forbidden_address"
    assert (network.strays, victim.connections) == ([PUBLIC], 0)


# What the platform allows


def test_a_listed_name_opens_its_port_for_public_addresses_only(network: Network) -> None:
    allowed = network_rules(["erp.example:8443"])
    assert check_address("https://erp.example:8443/", allowed) == []
    assert check_address("https://other.example:8443/", allowed) != []
    assert check_address("https://erp.example:9443/", allowed) != []

    network.names["erp.example"] = [PUBLIC]
    assert failure("https://erp.example:8443/", allowed).error_name == "connect"
    network.names["erp.example"] = ["10.1.2.3"]
    assert failure("https://erp.example:8443/", allowed).error_name == "forbidden_address"
    assert network.strays == [PUBLIC]


def test_a_listed_address_is_called_by_any_name_and_proves_that_name(
    network: Network, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    listed = frozenset({Allowed.parse("10.1.2.3:8443"), Allowed.parse("[fd00::7]:8443")})
    allowed = NetworkRules(listed, ca_file=str(authority.file))
    with target(tls=authority.server("erp.lan")) as erp:
        network.names |= {
            "erp.lan": ["10.1.2.3"],
            "erp6.lan": ["fd00::7"],
            "crm.lan": ["10.1.2.4"],
        }
        network.stand_ins = {
            "10.1.2.3": ("127.0.0.1", erp.port),
            "10.1.2.4": ("127.0.0.1", erp.port),
        }
        url = "https://erp.lan:8443/echo"
        assert check_address(url, allowed) == []

        came = send(Call("POST", url, "task-1", body=b"{}"), rules=allowed).json()

        assert came["headers"]["host"] == "erp.lan:8443"
        assert failure("https://10.1.2.3:8443/", allowed).error_name == "tls"
        assert failure("https://crm.lan:8443/", allowed).error_name == "forbidden_address"
        assert failure("https://erp.lan/", allowed).error_name == "forbidden_address"
        assert failure("http://erp.lan:8443/", allowed).error_name == "forbidden_address"
        assert failure("https://erp6.lan:8443/", allowed).error_name == "connect"
        assert len(erp.seen) == 1
    assert network.strays == ["fd00::7"]


@pytest.mark.parametrize(
    "entry",
    [
        "127.0.0.1:8443",
        "[::1]:8443",
        "0.0.0.0",  # noqa: S104
        "169.254.169.254",
        "100.100.100.200",
        "[fd00:ec2::254]",
        "[::ffff:10.0.0.1]:443",
        "224.0.0.1",
        "2130706433",
        "127.1:8443",
        "erp.example:0",
        "erp.example:65536",
        "erp.example:x",
        "https://erp.example",
        "erp.example/orders",
        "*.example",
        "10.0.0.0/8",
        "fd00::1",
        "[erp.example]:8443",
        "[fe80::1%eth0]",
        "",
    ],
)
def test_what_can_never_be_allowed_is_refused_in_the_list(entry: str) -> None:
    with pytest.raises(ValueError, match="“"):
        network_rules([entry])


def test_this_machine_is_allowed_by_its_setting_alone(settings, network: Network) -> None:
    with target() as here:
        assert failure(here.url(), network_rules()).error_name == "forbidden_address"

        settings.ALLOW_LOOPBACK_CALLS = True

        answer = send(Call("GET", here.url(), "task-1"), rules=network_rules())
        assert answer.json() == {"ok": True}
        assert failure("https://10.0.0.1/", network_rules()).error_name == "forbidden_address"
        network.names["erp.example"] = ["10.0.0.1"]
        assert failure("https://erp.example/", network_rules()).error_name == "forbidden_address"
        assert failure("http://erp.example/", network_rules()).error_name == "forbidden_address"


def test_plain_http_stays_on_this_machine(network: Network) -> None:
    """Even where `localhost` leads elsewhere."""
    network.names["localhost"] = [PUBLIC]

    failed = failure("http://localhost:8000/", NetworkRules(allow_loopback=True))

    assert failed.error_name == "forbidden_address"
    assert network.strays == []


def test_there_are_enough_of_them() -> None:
    assert len(set(SPELLED)) == len(SPELLED)
    assert len(SPELLED) + len(LED_TO) >= 160
