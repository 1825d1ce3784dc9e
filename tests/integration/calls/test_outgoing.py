"""Calls to a real server, honest or vicious: what comes back, and how long it takes at most."""

import json
import os
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from definitions.retries import is_known_error
from operations.outgoing import (
    LARGEST_ANSWER,
    Answer,
    Call,
    CallFailed,
    NetworkRules,
    build,
    send,
)
from operations.outgoing.signatures import key_of, signed_headers
from tests.certificates import Authority
from tests.programs import answer, free_port, started
from tests.targets import Target, target

HERE = NetworkRules(allow_loopback=True)
#: On a busy machine, threads may wait this long for their turn.
PATIENCE_SECONDS = 2.0


@pytest.fixture(scope="module")
def erp() -> Iterator[Target]:
    with target() as running:
        yield running


def call(url: str, **settings: Any) -> Answer:
    """A call with an empty action, unless told otherwise."""
    rules = settings.pop("rules", HERE)
    parts = {"action": {}, "body": {"item": "saw"}, "secrets": {}, "idempotency_key": "task-1"}
    return send(build(url=url, **{**parts, **settings}), rules=rules)


def failure(url: str, **settings: Any) -> CallFailed:
    with pytest.raises(CallFailed) as raised:
        call(url, **settings)
    assert is_known_error(raised.value.error_name) or raised.value.error_name == "forbidden_address"
    return raised.value


# What is sent


def test_a_call_carries_the_body_its_key_and_no_more_than_it_should(erp: Target) -> None:
    action = {"headers": {"X-Shop": "12", "Authorization": ["Bearer ", {"$secret": "erp"}]}}

    came = call(
        erp.url("/echo"), action=action, body={"item": "Säge"}, secrets={"erp": "s3cr3t"}
    ).json()

    assert came["method"] == "POST"
    assert json.loads(came["body"]) == {"item": "Säge"}
    assert came["headers"] == {
        "accept": "application/json",
        "accept-encoding": "gzip, deflate",
        "authorization": "Bearer s3cr3t",
        "connection": "close",
        "content-length": "16",
        "content-type": "application/json",
        "host": f"127.0.0.1:{erp.port}",
        "idempotency-key": "task-1",
        "user-agent": "TicketFlower/1",
        "x-shop": "12",
    }


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_goes_out_as_it_is(erp: Target, method: str) -> None:
    came = call(erp.url("/echo"), action={"method": method}).json()

    assert came["method"] == method
    if method in ("GET", "DELETE"):
        assert came["query"] == {"item": "saw"}
        assert came["body"] == ""
    else:
        assert json.loads(came["body"]) == {"item": "saw"}


def test_the_environment_has_no_say(erp: Target, monkeypatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ann password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with target() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))

        came = call(erp.url("/echo")).json()

        assert proxy.connections == 0
    assert "authorization" not in came["headers"]


def test_a_receiver_can_check_the_signature(erp: Target) -> None:
    made = build(
        {"sign": {"$secret": "signing"}},
        erp.url("/echo"),
        {"item": "saw"},
        {"signing": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        idempotency_key="task-1",
    )

    came = send(made, rules=HERE, clock=lambda: 1614265330.9).json()

    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    expected = signed_headers(key, "task-1", came["body"].encode(), 1614265330)
    assert {name: came["headers"][name] for name in expected} == expected


def test_the_signature_is_the_one_the_standard_publishes() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    message = "msg_p5jXN8AQM9LWM0D4loKWxJek"

    headers = signed_headers(key, message, b'{"test": 2432232314}', 1614265330)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# What comes back


def test_an_answer_brings_status_headers_and_value(erp: Target) -> None:
    came = call(erp.url("/orders"), idempotency_key="task-7")

    assert (came.status, came.json()["number"]) == (201, erp.orders["task-7"])
    assert came.headers["content-type"] == "application/json"


def test_the_same_task_orders_once_however_often_it_calls(erp: Target) -> None:
    numbers = {call(erp.url("/orders"), idempotency_key="task-8").json()["id"] for _ in range(3)}

    assert len(numbers) == 1


def test_no_body_is_no_value(erp: Target) -> None:
    assert call(erp.url("/empty")).json() is None


def test_a_packed_answer_is_unpacked(erp: Target) -> None:
    assert call(erp.url("/gzip")).json() == {"ok": True}


@pytest.mark.parametrize("status", [400, 401, 404, 409, 418, 422, 429, 500, 502, 503, 504, 599])
def test_a_status_that_is_no_success_is_an_error_by_its_number(erp: Target, status: int) -> None:
    failed = failure(erp.url(f"/status/{status}"))

    assert (failed.error_name, failed.sent) == (f"http.{status}", True)
    assert failed.answer is not None
    assert failed.answer.json() == {"error": "as asked for"}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("-3", None), ("1e9", None), ("٣", None), ("", None)],
)
def test_it_is_heard_how_long_to_wait(erp: Target, told: str, seconds: float | None) -> None:
    failed = failure(erp.url(f"/status/429?retry_after={quote(told)}"))

    assert failed.retry_after == seconds


def test_a_moment_to_come_back_at_becomes_seconds(erp: Target) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    failed = failure(erp.url(f"/status/503?retry_after={quote(moment)}"))

    assert failed.retry_after == pytest.approx(90, abs=5)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_told_and_not_followed(erp: Target, status: int) -> None:
    with target() as other:
        failed = failure(erp.url(f"/redirect?status={status}&to={quote(other.url('/ok'))}"))

        assert other.connections == 0
    assert failed.error_name == "redirect"
    assert other.url("/ok") in failed.message


@pytest.mark.parametrize(
    "path",
    [
        "/not-json",
        "/body?text=NaN",
        "/body?text=%7B%22a%22:",
        "/body?text=%5B&times=100000",
        "/body?text=1&times=5000",
        "/body?text=%FF",
    ],
)
def test_what_is_not_json_is_said_to_be_so(erp: Target, path: str) -> None:
    came = call(erp.url(path))

    with pytest.raises(CallFailed) as raised:
        came.json()

    assert (raised.value.error_name, raised.value.sent) == ("not_json", True)
    assert raised.value.answer is came


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/packed?as=br", "bad_answer"),
        ("/packed?as=gzip", "bad_answer"),
        ("/packed?as=" + ",".join(["gzip"] * 20), "bad_answer"),
        ("/not-http", "connect"),
        ("/many-headers", "connect"),
        ("/half", "connect"),
        ("/cut", "connect"),
        ("/close", "connect"),
        ("/reset", "connect"),
        ("/huge", "too_large"),
        ("/gzip-bomb", "too_large"),
        ("/gzip-bomb?layers=2", "too_large"),
    ],
)
def test_a_broken_answer_is_an_error_after_sending(erp: Target, path: str, name: str) -> None:
    failed = failure(erp.url(path), timeout_seconds=20)

    assert (failed.error_name, failed.sent) == (name, True)
    assert failed.message.endswith(".")


def test_a_bomb_takes_no_more_memory_than_the_limit_allows(erp: Target) -> None:
    failure(erp.url("/gzip-bomb?layers=2"))  # made once, and not by the one who is measured
    tracemalloc.start()
    try:
        failed = failure(erp.url("/gzip-bomb?layers=2"))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert failed.answer is not None
    assert len(failed.answer.body) == LARGEST_ANSWER
    assert most < 4 * LARGEST_ANSWER


def test_a_redirect_is_not_read_to_its_end(erp: Target) -> None:
    failed = failure(erp.url("/redirect?huge=1&to=https://example.com/"), timeout_seconds=10)

    assert failed.error_name == "redirect"


# What is refused before anything is sent


def test_an_answer_that_nobody_gives_is_no_connection() -> None:
    failed = failure(f"http://127.0.0.1:{free_port()}/")

    assert (failed.error_name, failed.sent) == ("connect", False)
    assert "Nothing was sent" in failed.message


def test_a_name_that_does_not_exist_is_said_to_be_so(monkeypatch) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", nobody)

    failed = failure("https://erp.example/")

    assert (failed.error_name, failed.sent) == ("dns", False)


def test_a_request_that_is_too_large_stays_here(erp: Target) -> None:
    with pytest.raises(CallFailed) as raised:
        call(erp.url("/too-large"), body={"text": "x" * 300_000})

    assert (raised.value.error_name, raised.value.sent) == ("too_large", False)
    assert erp.times_called("/too-large") == 0


def test_a_header_that_would_break_out_is_stopped_even_past_the_checks(erp: Target) -> None:
    made = Call("POST", erp.url("/smuggled"), "task-1", headers={"X": "a\r\nX-Evil: 1"})

    with pytest.raises(CallFailed):
        send(made, rules=HERE)
    with pytest.raises(CallFailed):
        send(Call("POST", erp.url("/smuggled"), "task\r\nX-Evil: 1"), rules=HERE)

    assert erp.times_called("/smuggled") == 0


# Time


@pytest.mark.parametrize(
    "path",
    ["/silent", "/drip?every=0.2", "/drip-headers?every=0.2", "/slow?seconds=30"],
)
def test_the_time_limit_is_for_all_of_it(erp: Target, path: str) -> None:
    """One byte now and then keeps no call alive."""
    began = time.monotonic()

    failed = failure(erp.url(path), timeout_seconds=1)

    assert time.monotonic() - began < 1 + PATIENCE_SECONDS
    assert (failed.error_name, failed.sent) == ("timeout", True)
    assert "may have been done" in failed.message


def test_a_look_up_that_hangs_ends_at_the_limit_and_sends_nothing_later(
    erp: Target, monkeypatch
) -> None:
    look_up = socket.getaddrinfo
    back = threading.Event()

    def slowly(*args: Any, **named: Any) -> Any:
        back.wait(10)
        return look_up(*args, **named)

    monkeypatch.setattr("socket.getaddrinfo", slowly)
    before = erp.connections
    failed = failure(erp.url("/after-the-end"), timeout_seconds=0.5)
    back.set()
    _until_no_call_is_left()

    assert (failed.error_name, failed.sent) == ("timeout", False)
    assert erp.times_called("/after-the-end") == 0
    assert erp.connections <= before + 1


def test_a_server_that_takes_the_line_and_says_nothing_of_tls_ends_at_the_limit(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()

        failed = failure(f"https://127.0.0.1:{mute.getsockname()[1]}/", timeout_seconds=1)

    assert time.monotonic() - began < 1 + PATIENCE_SECONDS
    assert (failed.error_name, failed.sent) == ("timeout", False)


def test_a_server_that_does_not_read_ends_at_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"

        failed = failure(url, body={"text": "x" * 250_000}, timeout_seconds=1)

    assert (failed.error_name, failed.sent) == ("timeout", True)


def test_calls_leave_no_thread_and_no_line_behind(erp: Target) -> None:
    _until_no_call_is_left()
    before = psutil.Process().num_fds()
    for _ in range(5):
        call(erp.url("/ok"))
        failure(erp.url("/silent"), timeout_seconds=0.2)
        failure(erp.url("/drip?every=0.1&bytes=600"), timeout_seconds=0.2)
        failure(erp.url("/huge"))
        failure(f"http://127.0.0.1:{free_port()}/")
    _until_no_call_is_left()
    erp.stopping.set()  # lets go of the lines that /silent still holds on its side
    time.sleep(0.2)
    erp.stopping.clear()

    assert psutil.Process().num_fds() <= before + 2


def _until_no_call_is_left() -> None:
    ends_at = time.monotonic() + 5
    while any(one.name == "outgoing call" for one in threading.enumerate()):
        assert time.monotonic() < ends_at, "A thread of a call did not end."
        time.sleep(0.02)


# https


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def trusting(authority: Authority) -> NetworkRules:
    return NetworkRules(allow_loopback=True, ca_file=str(authority.file))


def test_a_server_that_proves_who_it_is_gets_the_call(authority: Authority) -> None:
    with target(tls=authority.server("127.0.0.1")) as erp:
        assert call(erp.url("/ok"), rules=trusting(authority)).json() == {"ok": True}


def test_a_name_is_proved_and_not_the_address_it_leads_to(authority: Authority) -> None:
    with target(tls=authority.server("localhost")) as erp:
        url = erp.url("/ok").replace("127.0.0.1", "localhost")

        assert call(url, rules=trusting(authority)).json() == {"ok": True}
        assert failure(erp.url("/ok"), rules=trusting(authority)).error_name == "tls"


@pytest.mark.parametrize("case", ["of nobody we trust", "for another name", "expired"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    authority: Authority, tmp_path: Path, case: str
) -> None:
    signer = Authority(tmp_path) if case == "of nobody we trust" else authority
    host = "elsewhere.example" if case == "for another name" else "127.0.0.1"
    with target(tls=signer.server(host, is_expired=case == "expired")) as erp:
        failed = failure(erp.url("/ok"), rules=trusting(authority))

        assert erp.seen == []
    assert (failed.error_name, failed.sent) == ("tls", False)
    assert "_ssl.c" not in failed.message


# The target itself, as other tests use it


def test_the_target_runs_as_a_program_and_tells_what_it_saw() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.targets", "--port", str(port)]
    folder = Path(__file__).parents[3]
    with started(command, folder=folder, environment=os.environ) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == f"http://127.0.0.1:{port}/"
        call(f"http://127.0.0.1:{port}/orders", idempotency_key="task-9")

        told = json.loads(answer(f"http://127.0.0.1:{port}/_told")[1])

    assert told["orders"] == {"task-9": 1}
    assert told["calls_by_key"] == {"task-9": 1}


def test_the_target_calls_back(erp: Target) -> None:
    with target() as us:
        call(erp.url("/later?seconds=0&times=2"), callback_url=us.url("/ok"))
        ends_at = time.monotonic() + 10
        while us.times_called("/ok") < 2 and time.monotonic() < ends_at:
            time.sleep(0.02)

        assert [one.method for one in us.calls("/ok")] == ["POST", "POST"]
        assert json.loads(us.calls("/ok")[0].body) == {"status": "done", "key": "task-1"}
