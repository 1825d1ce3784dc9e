"""What is kept of a call: enough to see what happened, and nothing that opens anything."""

import base64
import json
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from operations.outgoing import (
    Answer,
    NetworkRules,
    build,
    record_of_answer,
    record_of_call,
    redacted,
    redacted_body,
    redacted_headers,
    send,
)
from operations.outgoing.redaction import DOTS, LARGEST_KEPT
from tests.targets import target

SECRET = 'p4ß/w"ord+%'
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.mark.parametrize(
    "looks",
    [
        lambda secret: secret,
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        quote,
        lambda secret: quote(secret, safe=""),
        lambda secret: quote(secret, safe="").lower(),
        quote_plus,
        escape,
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.b64encode(f"ann:{secret}".encode()).decode(),
        lambda secret: base64.b64encode(f"an:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"a:{secret}:x".encode()).decode(),
        lambda secret: base64.b64encode(f"{secret}, and more".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_whatever_dress(looks: Any) -> None:
    dressed = looks(SECRET)

    found = redacted(f"before {dressed} after", [SECRET])

    assert found.startswith("before ")
    assert found.endswith(" after")
    assert DOTS in found
    # Of base64 up to four letters at each end depend on what stands beside the secret.
    assert dressed[4:-4] not in found


@given(TEXTS, TEXTS, st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_no_secret_is_left_in_any_text(before: str, after: str, secret: str) -> None:
    assume(secret not in DOTS)

    assert secret not in redacted(f"{before}{secret}{after}", [secret])


def test_of_two_secrets_the_longer_goes_as_a_whole() -> None:
    assert redacted("key-and-more", ["key", "key-and-more"]) == DOTS


def test_without_secrets_a_text_is_itself() -> None:
    assert redacted("Säge", []) == "Säge"
    assert redacted("Säge", [""]) == "Säge"


def test_headers_that_open_something_are_left_out_whoever_wrote_them() -> None:
    kept = redacted_headers(
        {
            "Authorization": "Basic YW5uOnNlY3JldA==",
            "set-cookie": "session=1",
            "X-API-Key": "abc",
            "X-Shop": "12",
            "X-Echo": "s3cr3t!",
            "webhook-signature": "v1,abc",
        },
        ["s3cr3t"],
    )

    assert kept == {
        "Authorization": DOTS,
        "set-cookie": DOTS,
        "X-API-Key": DOTS,
        "X-Shop": "12",
        "X-Echo": f"{DOTS}!",
        "webhook-signature": DOTS,
    }


@pytest.mark.parametrize(
    ("body", "kind", "kept"),
    [
        (b'{"a": "\xc3\xa4"}', "application/json", '{"a": "ä"}'),
        (b"\xe4", "text/plain; charset=iso-8859-1", "ä"),
        (b"\x80", 'text/plain; charset="windows-1252"', "€"),
        (b"a", "text/plain; charset=utf-7", "a"),
        (b"a", "text/plain; charset=zip", "a"),
        (b"", "", ""),
        (b"\xff\xfe", "", "[not text: 2 bytes; not kept]"),
        (b"\x89PNG\r\n\x1a\n\0", "image/png", "[not text: 9 bytes, image/png; not kept]"),
        (b"a\0b", "text/plain", "[not text: 3 bytes, text/plain; not kept]"),
        (b"\x81", "text/plain; charset=windows-1252", "[not text: 1 bytes,"),
    ],
)
def test_a_body_is_kept_as_text_or_not_at_all(body: bytes, kind: str, kept: str) -> None:
    assert redacted_body(body, [], kind).startswith(kept)


def test_a_long_body_is_cut_and_says_so() -> None:
    kept = redacted_body("ä".encode() * LARGEST_KEPT, [])

    text, note = kept.split("\n")
    assert len(text.encode()) == LARGEST_KEPT
    assert note == "[the first 16 of 32 kB]"


@pytest.mark.parametrize("before", range(LARGEST_KEPT - 12, LARGEST_KEPT + 2))
def test_no_half_of_a_secret_is_left_at_the_cut(before: int) -> None:
    kept = redacted_body(b"x" * before + b"0123456789" + b"y" * 100, ["0123456789"])

    assert "01" not in kept
    assert "89" not in kept


def test_what_is_kept_can_be_stored() -> None:
    assert "\0" not in redacted("a\0b", [])
    assert redacted("a\ud800b", []).encode()


def test_a_call_and_its_answer_are_kept_without_their_secrets() -> None:
    """The other system says back all that it heard."""
    with target() as erp:
        call = build(
            {"headers": {"Authorization": ["Bearer ", {"$secret": "erp"}]}},
            erp.url("/echo"),
            {"item": "saw", "token": SECRET, "callback": "https://f.example/callbacks/tok3n/"},
            {"erp": "s3cr3t/1", "unused": "x"},
            idempotency_key="task-1",
            callback_url="https://f.example/callbacks/tok3n/",
        )
        answer = send(call, rules=NetworkRules(allow_loopback=True))
    assert b"s3cr3t" in answer.body and b"tok3n" in answer.body

    request, response = record_of_call(call), record_of_answer(answer, call)

    assert request["method"] == "POST"
    assert request["headers"]["Idempotency-Key"] == "task-1"
    assert json.loads(request["body"])["item"] == "saw"
    assert response["status"] == 200
    for kept in (json.dumps(request), json.dumps(response)):
        assert "s3cr3t" not in kept
        assert "tok3n" not in kept


def test_an_answer_does_not_show_itself_where_it_is_printed() -> None:
    answer = Answer(200, {"set-cookie": "session=1"}, b"s3cr3t", 0.5)

    assert repr(answer) == "Answer(status=200, seconds=0.5)"
