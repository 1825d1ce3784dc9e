"""Another company's system, honest or vicious: a real HTTP server that the tests start.

    with target() as erp:
        ... call erp.url("/orders") ...
        assert erp.times_called("/orders") == 2

As a program, for tests that start processes: `python -m tests.targets --port 9000`. It prints its
address once it listens, and tells what it has seen at `/_told`.

Every path takes every method. What a path does stands at its function below.
"""

import argparse
import gzip
import json
import socket
import ssl
import struct
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, urlsplit

#: Whatever a caller does, nothing here waits longer.
LONGEST_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """A request as it came; `headers` have names in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass
class Target:
    """A running server, and all that happened to it."""

    port: int
    scheme: str = "http"
    host: str = "127.0.0.1"
    connections: int = 0
    seen: list[Seen] = field(default_factory=list)
    #: One order per idempotency key: what it was called by, and the number it got.
    orders: dict[str, int] = field(default_factory=dict)
    callbacks: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/ok") -> str:
        return f"{self.scheme}://{self.host}:{self.port}{path}"

    def calls(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path == path]

    def times_called(self, path: str) -> int:
        return len(self.calls(path))

    def told(self) -> dict[str, Any]:
        """What a test in another process asks for."""
        with self.lock:
            return {
                "connections": self.connections,
                "requests": len(self.seen),
                "calls_by_key": dict(Counter(one.key for one in self.seen)),
                "orders": dict(self.orders),
                "callbacks": list(self.callbacks),
            }


class _Server(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, line: socket.socket, target: Target, tls: ssl.SSLContext | None) -> None:
        super().__init__(line.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = line
        self.target = target
        self.tls = tls

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted = super().get_request()
        with self.target.lock:
            self.target.connections += 1
        return accepted

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away in the middle is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = LONGEST_WAIT_SECONDS

    def setup(self) -> None:
        if self.server.tls is not None:
            self.request.settimeout(10)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            if self.server.tls is not None:
                self.request.close()

    def handle_any(self) -> None:
        self.close_connection = True
        place = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        query = dict(parse_qsl(place.query, True, errors="surrogateescape"))
        request = Seen(self.command, place.path, query, headers, body, time.time())
        if place.path == "/_told":
            self.give_json(self.target.told())
            return
        with self.target.lock:
            self.target.seen.append(request)
        _, name, *_ = place.path.split("/")
        answer = PATHS.get(name)
        if answer is None:
            self.give_json({"error": "no such path"}, status=404)
        else:
            answer(self, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    @property
    def target(self) -> Target:
        return self.server.target

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def give_json(self, value: Any, status: int = 200, **headers: str) -> None:
        self.give(json.dumps(value).encode(), status, content_type="application/json", **headers)

    def give(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.begin(status, content_length=str(len(body)), **headers)
        self.wfile.write(body)

    def begin(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-").title(), value)
        self.end_headers()

    def waits(self, seconds: float) -> bool:
        """False when the server ends in the meantime."""
        return not self.target.stopping.wait(min(seconds, LONGEST_WAIT_SECONDS))

    def endlessly(self, piece: bytes) -> None:
        """Until the caller hangs up."""
        ends_at = time.monotonic() + LONGEST_WAIT_SECONDS
        with suppress(OSError):
            while time.monotonic() < ends_at and not self.target.stopping.is_set():
                self.wfile.write(piece)


Behaviour = Callable[[_Handler, Seen], None]
PATHS: dict[str, Behaviour] = {}


def path(name: str) -> Callable[[Behaviour], Behaviour]:
    def register(behaviour: Behaviour) -> Behaviour:
        PATHS[name] = behaviour
        return behaviour

    return register


# Honest


@path("ok")
def _ok(http: _Handler, request: Seen) -> None:
    http.give_json({"ok": True})


@path("echo")
def _echo(http: _Handler, request: Seen) -> None:
    """Tells what came."""
    http.give_json(
        {
            "method": request.method,
            "query": request.query,
            "headers": request.headers,
            "body": request.body.decode(),
        }
    )


@path("orders")
def _orders(http: _Handler, request: Seen) -> None:
    """Takes one order per idempotency key, however often it is asked."""
    with http.target.lock:
        number = http.target.orders.setdefault(request.key, len(http.target.orders) + 1)
    http.give_json({"id": f"order-{number}", "number": number}, status=201)


@path("empty")
def _empty(http: _Handler, request: Seen) -> None:
    """204, without a body."""
    http.begin(204)


@path("gzip")
def _gzip(http: _Handler, request: Seen) -> None:
    http.give(gzip.compress(b'{"ok": true}'), content_encoding="gzip")


@path("later")
def _later(http: _Handler, request: Seen) -> None:
    """202 at once; after ?seconds=1 the answer, to the address in the header or in the body.

    ?times=2 sends it twice, ?status=failed says so in it, ?early=1 sends it before the 202.
    """
    address = request.headers.get("callback-url") or json.loads(request.body)["callback_url"]
    answer = {"status": request.query.get("status", "done"), "key": request.key}

    def tell() -> None:
        if http.waits(float(request.query.get("seconds", "1"))):
            for _ in range(int(request.query.get("times", "1"))):
                http.target.callbacks.append(_post(address, answer))

    if "early" in request.query:
        tell()
    else:
        threading.Thread(target=tell, daemon=True).start()
    http.give_json({"accepted": True}, status=202)


def _post(address: str, answer: Any) -> int:
    """The status of the answer; 0 when there was none."""
    request = urllib.request.Request(
        address,
        data=json.dumps(answer).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code
    except OSError:
        return 0


# Refusing


@path("status")
def _status(http: _Handler, request: Seen) -> None:
    """/status/503?retry_after=2"""
    wait = request.query.get("retry_after")
    http.give_json(
        {"error": "as asked for"},
        status=int(request.path.rsplit("/", 1)[-1]),
        **({"retry_after": wait} if wait else {}),
    )


@path("picky")
def _picky(http: _Handler, request: Seen) -> None:
    """Takes the order only if ?field=cost_centre of the body is ?value=4100."""
    field, value = request.query["field"], request.query["value"]
    if json.loads(request.body).get(field) == value:
        _orders(http, request)
    else:
        http.give_json({"error": "unknown value", "field": field}, status=422)


@path("mended")
def _mended(http: _Handler, request: Seen) -> None:
    """?status=422 until somebody has called /mend."""
    if any(one.path == "/mend" for one in http.target.seen):
        _orders(http, request)
    else:
        http.give_json({"error": "closed for repair"}, status=int(request.query["status"]))


path("mend")(_ok)


@path("busy")
def _busy(http: _Handler, request: Seen) -> None:
    """Fails the first ?times=2 calls of each key with ?status=429 and ?retry_after=1, then takes
    the order.
    """
    with http.target.lock:
        calls = sum(one.key == request.key and one.path == "/busy" for one in http.target.seen)
    if calls > int(request.query.get("times", "2")):
        _orders(http, request)
        return
    wait = request.query.get("retry_after", "1")
    http.give_json({"error": "busy"}, int(request.query.get("status", "429")), retry_after=wait)


@path("redirect")
def _redirect(http: _Handler, request: Seen) -> None:
    """?to=https://…&status=302; with ?huge=1 and a body that never ends."""
    status = int(request.query.get("status", "302"))
    if "huge" in request.query:
        http.begin(status, location=request.query["to"])
        http.endlessly(b"x" * 65536)
    else:
        http.give(b"", status, location=request.query["to"])


# Slow


@path("slow")
def _slow(http: _Handler, request: Seen) -> None:
    """Waits ?seconds=1, then takes the order."""
    if http.waits(float(request.query.get("seconds", "1"))):
        _orders(http, request)


@path("silent")
def _silent(http: _Handler, request: Seen) -> None:
    """Never answers."""
    http.waits(LONGEST_WAIT_SECONDS)


@path("drip")
def _drip(http: _Handler, request: Seen) -> None:
    """A body of ?bytes=60, one byte each ?every=1 second."""
    count = int(request.query.get("bytes", "60"))
    http.begin(content_length=str(count), content_type="application/json")
    _drop_by_drop(http, request, b"1" * count)


@path("drip-headers")
def _drip_headers(http: _Handler, request: Seen) -> None:
    """As /drip, before the body begins."""
    http.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drop_by_drop(http, request, b"1" * 60)


def _drop_by_drop(http: _Handler, request: Seen, data: bytes) -> None:
    with suppress(OSError):
        for byte in data:
            http.wfile.write(bytes([byte]))
            if not http.waits(float(request.query.get("every", "1"))):
                return


# Broken


@path("reset")
def _reset(http: _Handler, request: Seen) -> None:
    """Takes the order, and breaks the line instead of answering."""
    with http.target.lock:
        http.target.orders.setdefault(request.key, len(http.target.orders) + 1)
    http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    http.rfile.close()
    http.connection.close()


@path("close")
def _close(http: _Handler, request: Seen) -> None:
    """Hangs up without a word."""


@path("half")
def _half(http: _Handler, request: Seen) -> None:
    """Promises 1,000 bytes, sends ten, and hangs up."""
    http.begin(content_length="1000", content_type="application/json")
    http.wfile.write(b'{"ok": tru')


@path("cut")
def _cut(http: _Handler, request: Seen) -> None:
    """Hangs up in the middle of its headers, which begin with a success."""
    http.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/js")


@path("not-http")
def _not_http(http: _Handler, request: Seen) -> None:
    http.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n" * 5)


@path("not-json")
def _not_json(http: _Handler, request: Seen) -> None:
    http.give(b"<html><body>Sign in first</body></html>", content_type="text/html")


@path("body")
def _body(http: _Handler, request: Seen) -> None:
    """?text=…&type=…&times=1 as it is."""
    kind = request.query.get("type", "application/json")
    text = request.query["text"] * int(request.query.get("times", "1"))
    http.give(text.encode(errors="surrogateescape"), content_type=kind)


@path("packed")
def _packed(http: _Handler, request: Seen) -> None:
    """Says that it is packed as ?as=br; it is not."""
    http.give(b'{"ok": true}', content_encoding=request.query.get("as", "br"))


# Vicious


@path("huge")
def _huge(http: _Handler, request: Seen) -> None:
    """A body that never ends."""
    http.begin(content_type="application/json")
    http.endlessly(b"1" * 65536)


@path("gzip-bomb")
def _gzip_bomb(http: _Handler, request: Seen) -> None:
    """A few kilobytes that become 50 MB; ?layers=2: a few hundred bytes, packed twice."""
    layers = int(request.query.get("layers", "1"))
    packing = ", ".join(["gzip"] * layers)
    http.give(_bomb(layers), content_type="application/json", content_encoding=packing)


@cache
def _bomb(layers: int) -> bytes:
    return gzip.compress(b"1" * 50_000_000 if layers == 1 else _bomb(layers - 1), 6)


@path("many-headers")
def _many_headers(http: _Handler, request: Seen) -> None:
    http.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 5_000 + b"\r\n")


# Starting it


@contextmanager
def target(
    *, port: int = 0, everywhere: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[Target]:
    """A server on 127.0.0.1, or on every address of this machine."""
    line = _listening(port, everywhere)
    made = Target(line.getsockname()[1], "https" if tls else "http")
    server = _Server(line, made, tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _listening(port: int, everywhere: bool) -> socket.socket:
    if everywhere and socket.has_dualstack_ipv6():
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    return socket.create_server(("0.0.0.0" if everywhere else "127.0.0.1", port))  # noqa: S104


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0)
    with target(port=parser.parse_args().port) as running, suppress(KeyboardInterrupt):
        print(running.url("/"), flush=True)  # noqa: T201
        threading.Event().wait()


if __name__ == "__main__":
    main()
