"""requests-hardened, with what it lacks: our own rules for the address that is dialled, the watch
over the line, and no look at redirects.

It looks a name up once, refuses what is not public, and dials exactly the address it has looked at,
so a name that changes its mind in between gains nothing. Its refusals cover more than loopback and
private networks, but not all that we refuse; so the address is judged once more, by `NetworkRules`,
in the moment before it is dialled.
"""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from definitions.actions.rules import NetworkRules, plain
from operations.outgoing.watch import Watch


class ForbiddenAddress(Exception):
    """What the name led to may not be dialled; the text says what that is."""


class _Guard:
    """What the connections of one call ask before they do anything."""

    def __init__(self, rules: NetworkRules, watch: Watch, scheme: str, name: str) -> None:
        self._rules = rules
        self._scheme = scheme
        self._name = name
        self.watch = watch

    def may_dial(self, host: str, port: int | None) -> None:
        try:
            address = plain(ip_address(host))
        except ValueError:  # a name here has escaped the look-up that is checked
            raise ForbiddenAddress(host) from None
        if port is None or not self._rules.may_dial(self._scheme, self._name, address, port):
            raise ForbiddenAddress(str(address))


class _GuardedConnection(HTTPConnection):
    guard: _Guard

    def _new_conn(self) -> socket.socket:
        self.guard.may_dial(self.host, self.port)
        line = super()._new_conn()
        try:
            self.guard.watch.holds(line)
        except BaseException:
            line.close()
            raise
        return line

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.guard.watch.begins_to_send()
        super().send(data)


class _GuardedTLSConnection(_GuardedConnection, HTTPSConnection):
    pass


_CONNECTIONS: dict[str, type[_GuardedConnection]] = {
    "http": _GuardedConnection,
    "https": _GuardedTLSConnection,
}


class _GuardedAdapter(IPFilterAdapter):
    def __init__(self, rules: NetworkRules, watch: Watch, scheme: str) -> None:
        super().__init__(is_https_proto=scheme == "https", allow_loopback=rules.allow_loopback)
        self._rules = rules
        self._watch = watch
        self._scheme = scheme

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """As the library, but a private address that the platform has listed is dialled."""
        parts: tuple[dict[str, Any], dict[str, Any]]
        try:
            parts = super().build_connection_pool_key_attributes(request, verify, cert)
        except InvalidIPAddress as refused:
            parts = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
            where, tls = parts
            address = refused.args[0]
            if not self._rules.may_dial(
                self._scheme, where["host"], address, where["port"] or self._usual_port
            ):
                raise ForbiddenAddress(str(address)) from refused
            tls |= {"assert_hostname": where["host"], "server_hostname": where["host"]}
            where["host"] = str(address)
        return parts

    @property
    def _usual_port(self) -> int:
        return _CONNECTIONS[self._scheme].default_port

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **named: Any
    ) -> Any:
        pool = super().get_connection_with_tls_context(request, *args, **named)
        name = str(urlsplit(request.url).hostname)
        pool.ConnectionCls = _guarded(_Guard(self._rules, self._watch, self._scheme, name))
        return pool


def _guarded(guard: _Guard) -> Callable[..., _GuardedConnection]:
    def connection(*args: Any, **named: Any) -> _GuardedConnection:
        made = _CONNECTIONS[guard._scheme](*args, **named)
        made.guard = guard
        return made

    return connection


class GuardedSession(HTTPSession):
    """For one call: nothing of it is left for the next."""

    def __init__(self, rules: NetworkRules, watch: Watch) -> None:
        super().__init__(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=rules.allow_loopback,
                never_redirect=True,
                default_timeout=None,
            )
        )
        self.trust_env = False  # no proxy, no .netrc, no certificates from the environment
        self.verify = rules.ca_file or True
        self.headers.clear()
        for scheme in _CONNECTIONS:
            self.mount(f"{scheme}://", _GuardedAdapter(rules, watch, scheme))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Where a redirect leads is not worked out: to do so, requests would first read the whole
        body of the answer, however large.
        """
