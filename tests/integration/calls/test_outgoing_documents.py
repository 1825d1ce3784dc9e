"""What an action may say, and the call that is made of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions.actions.addresses import read_address
from operations.outgoing import Call, CannotBuild, build, check_action, secret_names

GOOD: dict[str, Any] = {
    "method": "PUT",
    "headers": {
        "X-Shop": "12",
        "Authorization": ["Bearer ", {"$secret": "erp"}],
        "X-Key": {"$secret": "erp.key-2"},
        "Accept": "application/vnd.erp+json",
    },
    "sign": {"$secret": "signing"},
    "idempotent": True,
    "retry": [{"errors": ["timeout"]}],
    "catch": [{"errors": ["*"], "next": "desk"}],
}
SECRETS = {"erp": "s3cr3t", "erp.key-2": "k2", "signing": "a key"}


def made(action: Any = None, body: Any = None, **settings: Any) -> Call:
    url = settings.pop("url", "https://erp.example/orders")
    parts = {"secrets": SECRETS, "idempotency_key": "task-1", **settings}
    return build(action or {}, url, {"item": "saw"} if body is None else body, **parts)


# At save


def test_a_good_document_has_no_problems() -> None:
    assert check_action(GOOD, tasks=["desk"], secrets=SECRETS) == []
    assert check_action({}) == []
    assert secret_names(GOOD) == set(SECRETS)


@pytest.mark.parametrize(
    ("action", "place", "word"),
    [
        ({"metod": "GET"}, "/metod", "Did you mean “method”?"),
        ({"timeout_seconds": 5}, "/timeout_seconds", "belongs to the task"),
        ({"method": "get"}, "/method", "one of GET"),
        ({"method": "TRACE"}, "/method", "one of GET"),
        ({"method": ["GET"]}, "/method", "one of GET"),
        ({"headers": []}, "/headers", "group"),
        ({"headers": {f"X-{n}": "1" for n in range(31)}}, "/headers", "At most"),
        ({"headers": {"X Y": "1"}}, "/headers/X Y", "letters"),
        ({"headers": {"": "1"}}, "/headers/", "letters"),
        ({"headers": {"X\r\nY": "1"}}, "/headers/X\r\nY", "letters"),
        ({"headers": {"X:": "1"}}, "/headers/X:", "letters"),
        ({"headers": {"Ü": "1"}}, "/headers/Ü", "letters"),
        ({"headers": {"X": "1", "x": "2"}}, "/headers/x", "twice"),
        ({"headers": {"X": 1}}, "/headers/X", "text"),
        ({"headers": {"X": None}}, "/headers/X", "text"),
        ({"headers": {"X": []}}, "/headers/X", "no value"),
        ({"headers": {"X": ["a", 1]}}, "/headers/X/1", "text"),
        ({"headers": {"X": "a\r\nY: b"}}, "/headers/X", "one line"),
        ({"headers": {"X": "a\nb"}}, "/headers/X", "one line"),
        ({"headers": {"X": "a\0b"}}, "/headers/X", "one line"),
        ({"headers": {"X": " a"}}, "/headers/X", "blanks around"),
        ({"headers": {"X": "ä"}}, "/headers/X", "plain letters"),
        ({"headers": {"X": ["a\n", {"$secret": "erp"}]}}, "/headers/X", "one line"),
        ({"headers": {"X": "a" * 5000}}, "/headers/X", "4,096"),
        ({"headers": {"X": {"$secret": "erp", "x": 1}}}, "/headers/X", '{"$secret": "name"}'),
        ({"headers": {"X": {"secret": "erp"}}}, "/headers/X", '{"$secret": "name"}'),
        ({"headers": {"X": {"$secret": "a b"}}}, "/headers/X", '{"$secret": "name"}'),
        ({"headers": {"X": {"$secret": 5}}}, "/headers/X", '{"$secret": "name"}'),
        ({"headers": {"X": {"$secret": "erb"}}}, "/headers/X", "“erp”"),
        ({"headers": {"X": ["a", {"$secret": "erb"}]}}, "/headers/X/1", "“erp”"),
        ({"sign": "erp"}, "/sign", "Name the secret"),
        ({"sign": {"$secret": "nothing"}}, "/sign", "no secret “nothing”"),
        ({"retry": [{"errors": ["timeot"]}]}, "/retry/0/errors/0", "timeout"),
        ({"catch": [{"errors": ["tls"], "next": "dsk"}]}, "/catch/0/next", "“desk”"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(action: Any, place: str, word: str) -> None:
    (problem,) = check_action(action, tasks=["desk"], secrets=SECRETS)

    assert problem.path == place.replace("~", "~0")
    assert word in problem.message


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "keep-alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Proxy-Authorization",
        "Proxy-Connection",
        "User-Agent",
        "Accept-Encoding",
        "idempotency-KEY",
        "Callback-Url",
        "webhook-signature",
    ],
)
def test_what_frames_the_message_or_is_ours_cannot_be_set(name: str) -> None:
    (problem,) = check_action({"headers": {name: "x"}})

    assert problem.message == f"{name} is set by TicketFlower."


# At run time


def test_the_call_says_what_the_document_says() -> None:
    call = made(GOOD, timeout_seconds=7)

    assert (call.method, call.url) == ("PUT", "https://erp.example/orders")
    assert (call.timeout_seconds, call.idempotency_key) == (7, "task-1")
    assert json.loads(call.body) == {"item": "saw"}
    assert call.headers == {
        "Accept": "application/vnd.erp+json",
        "Content-Type": "application/json",
        "X-Shop": "12",
        "Authorization": "Bearer s3cr3t",
        "X-Key": "k2",
        "Idempotency-Key": "task-1",
    }
    assert call.signing_key == b"a key"


def test_a_call_is_a_post_within_twenty_seconds_when_nothing_is_said() -> None:
    assert (made().method, made().timeout_seconds) == ("POST", 20)


def test_what_is_said_in_other_letters_is_the_same_header() -> None:
    call = made({"headers": {"content-type": "application/vnd.erp+json"}})

    assert call.headers["content-type"] == "application/vnd.erp+json"
    assert "Content-Type" not in call.headers


def test_the_address_that_waits_for_the_answer_goes_along() -> None:
    url = "https://flower.example/callbacks/abcdefghijklmnop/"

    call = made(callback_url=url)

    assert call.headers["Callback-Url"] == url
    assert set(call.secrets) == {url, "abcdefghijklmnop"}


def test_no_secret_shows_where_a_call_is_printed() -> None:
    call = made(GOOD, body={"note": "s3cr3t"})

    assert "s3cr3t" not in repr(call)
    assert "a key" not in repr(call)


def test_a_secret_that_is_not_there_stops_the_call() -> None:
    with pytest.raises(CannotBuild) as raised:
        made({"headers": {"X": {"$secret": "other"}}})

    assert (raised.value.error_name, raised.value.sent) == ("secret", False)
    assert "“other”" in raised.value.message


@pytest.mark.parametrize(
    "value", ["zq\r\nX-Evil: 1", "zq\n", "zq\0b", " zq", "zqä", "zq\u2028", "zq" * 2500]
)
def test_a_secret_cannot_break_out_of_its_header_and_is_not_told(value: str) -> None:
    with pytest.raises(CannotBuild) as raised:
        made({"headers": {"X": {"$secret": "bad"}}}, secrets={"bad": value})

    assert raised.value.error_name == "secret"
    assert "zq" not in str(raised.value)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_body_the_values_become_the_query(method: str) -> None:
    body = {"no": 12, "q": "a b&c=ü#/", "all": True, "tag": ["x", "y"], "none": None}

    call = made({"method": method}, body)

    assert call.body == b""
    query = "no=12&q=a%20b%26c%3D%C3%BC%23%2F&all=true&tag=x&tag=y"
    assert call.url == f"https://erp.example/orders?{query}"
    assert "Content-Type" not in call.headers
    assert made({"method": method}, body, url="https://erp.example/?a=1").url.startswith(
        "https://erp.example/?a=1&no=12"
    )


def test_without_values_there_is_no_query() -> None:
    for body in ({}, {"none": None}):
        assert made({"method": "GET"}, body).url == "https://erp.example/orders"


@pytest.mark.parametrize(
    ("method", "body", "name"),
    [
        ("GET", ["a"], "transform"),
        ("GET", "a", "transform"),
        ("GET", {"a": {"b": 1}}, "transform"),
        ("GET", {"a": [[1]]}, "transform"),
        ("GET", {"a": "\ud800"}, "transform"),
        ("GET", {"a": "x" * 9000}, "too_large"),
        ("POST", {"a": float("nan")}, "transform"),
        ("POST", {"a": float("inf")}, "transform"),
        ("POST", {"a": "\ud800"}, "transform"),
        ("POST", {"a": object()}, "transform"),
        ("POST", {"a": "x" * 300_000}, "too_large"),
        ("POST", {"a": "ü" * 132_000}, "too_large"),
    ],
)
def test_what_cannot_be_sent_stops_the_call(method: str, body: Any, name: str) -> None:
    with pytest.raises(CannotBuild) as raised:
        made({"method": method}, body)

    assert (raised.value.error_name, raised.value.sent) == (name, False)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20) | st.integers(), max_size=5))
def test_no_data_make_another_address_of_it(body: dict[str, Any]) -> None:
    try:
        url = made({"method": "GET"}, body).url
    except CannotBuild:
        return

    address = read_address(url, 8_000)
    assert (address.host, address.port) == ("erp.example", 443)
    assert url.startswith("https://erp.example/orders")


PIECES = st.text(max_size=8) | st.builds(lambda name: {"$secret": name}, st.text(max_size=5))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | PIECES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from(["GET", "POST", "get"]) | VALUES,
        "headers": st.dictionaries(st.text(max_size=8), PIECES | VALUES, max_size=4) | VALUES,
        "sign": PIECES | VALUES,
    },
)


class Everything(dict[str, str]):
    """Knows a secret of every name."""

    def get(self, key: str, default: Any = None) -> Any:
        return "s"


@given(DOCUMENTS)
def test_a_document_without_problems_always_makes_a_call(document: Any) -> None:
    if check_action(document):
        return

    call = made(document, secrets=Everything())

    for name, value in call.headers.items():
        assert name.isascii() and name.isprintable()
        assert value.isascii() and value.isprintable()
