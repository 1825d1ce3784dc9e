"""One call's time, and whether its request has begun to leave.

The time limits of sockets are per read, and looking up a name has none. So a call runs in a thread
of its own, and whoever waits for it stops waiting at the deadline: the line is cut, and a thread
that still hangs in a look-up finds the call given up when it comes back, before anything is sent.
"""

import contextlib
import socket
import threading
import time


class GivenUp(Exception):
    """Nobody waits for this call any more."""


class Watch:
    """Shared by the thread that calls and the one that waits."""

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self.started = time.monotonic()
        self._deadline = self.started + timeout_seconds
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._is_given_up = False
        self._is_sent = False

    @property
    def is_sent(self) -> bool:
        """Whether any of the request may have left."""
        return self._is_sent

    @property
    def is_over(self) -> bool:
        return self._is_given_up or time.monotonic() >= self._deadline

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def seconds_left(self) -> float:
        """Never 0, which a socket takes for "for ever" or "do not wait"."""
        return max(self._deadline - time.monotonic(), 0.001)

    def holds(self, line: socket.socket) -> None:
        """Remember the line, so that it can be cut.

        A duplicate, because TLS takes the socket over under another name in the middle of its
        handshake. Shutting the duplicate down shuts down both.
        """
        with self._lock:
            self._refuse_if_given_up()
            self._line = line.dup()

    def begins_to_send(self) -> None:
        with self._lock:
            self._refuse_if_given_up()
            self._is_sent = True

    def give_up(self) -> None:
        """From here on nothing is sent; what is being read ends."""
        with self._lock:
            self._is_given_up = True
            if self._line is not None:
                with contextlib.suppress(OSError):  # closed by the other side already
                    self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None

    def _refuse_if_given_up(self) -> None:
        if self._is_given_up:
            raise GivenUp
