"""A mail server, honest or not: as much of SMTP (RFC 5321) as a client needs, on a port of its own.

with mail_server() as server:
    ... send through server.port ...
    assert server.received[0].to == ["will@acme.example"]
"""

import email
import email.policy
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import cast


@dataclass(frozen=True)
class Received:
    """One mail, with the addresses of its envelope."""

    sender: str
    to: list[str]
    message: EmailMessage

    @property
    def text(self) -> str:
        content: str = self.message.get_content()
        return content


@dataclass
class MailServer:
    """What it got. `refuses`: each receiver is unknown. `hangs`: it says nothing at all."""

    port: int = 0
    refuses: bool = False
    hangs: bool = False
    received: list[Received] = field(default_factory=list)


class _Session(StreamRequestHandler):
    def handle(self) -> None:
        server = cast("_Server", self.server).told
        if server.hangs:
            time.sleep(3)
            return
        self._say("220 here")
        sender, to = "", list[str]()
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line[:4].upper()
            if verb == "MAIL":
                sender, to = _address(line), []
                self._say("250 ok")
            elif verb == "RCPT" and server.refuses:
                self._say("550 unknown")
            elif verb == "RCPT":
                to.append(_address(line))
                self._say("250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                server.received.append(Received(sender, to, self._message()))
                self._say("250 kept")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _message(self) -> EmailMessage:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))  # a dot in front of a line is doubled
        return email.message_from_bytes(b"".join(lines), policy=email.policy.default)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    told: MailServer


def _address(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.told = MailServer(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.told
        finally:
            server.shutdown()
            thread.join()
