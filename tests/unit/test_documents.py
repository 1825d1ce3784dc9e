"""Text from strangers becomes a value with line numbers, or a list of problems; nothing else."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.documents import LIMITS, Limits, from_value, read_text, to_json, to_yaml
from definitions.errors import BundleInvalid, Problem

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.sampled_from(["no", "1e3", "010", "2026-11-20", "1:30", "~", "<<", "null", ".inf", "- a"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def problems_of(text: str | bytes, name: str = "", limits: Limits = LIMITS) -> list[Problem]:
    with pytest.raises(BundleInvalid) as refused:
        read_text(text, name, limits)
    return list(refused.value.problems)


def refusal(text: str | bytes, name: str = "") -> list[str] | None:
    """The rules that were broken; None where the text is read. Any other error fails the test."""
    try:
        read_text(text, name)
    except BundleInvalid as refused:
        return [problem.rule for problem in refused.problems]
    return None


def only(problems: list[Problem]) -> tuple[str, int | None]:
    assert len(problems) == 1, problems
    return problems[0].rule, problems[0].line


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_what_is_written_as_json_is_read_back(value: object) -> None:
    assert read_text(to_json(value), "a.json").value == value


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_what_is_written_as_yaml_is_read_back(value: object) -> None:
    text = to_yaml(value)
    if text.strip():
        assert read_text(text, "a.yaml").value == value


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_any_json_is_recognised_as_such_without_a_name(value: object) -> None:
    assert read_text(json.dumps({"value": value})).value == {"value": value}


@given(st.text(max_size=200) | st.binary(max_size=200))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_refused_with_problems(text: str | bytes) -> None:
    for name in ("", "a.json", "a.yaml"):
        assert refusal(text, name) is None or refusal(text, name) != []


@given(st.text(st.sampled_from(list("{}[]:,-\"'&*!?|>#%@\n\t ab<1.0")), max_size=60))
@settings(max_examples=800, deadline=None)
def test_any_mixture_of_signs_is_read_or_refused(text: str) -> None:
    for name in ("a.json", "a.yaml"):
        assert refusal(text, name) is None or refusal(text, name) != []


@pytest.mark.parametrize(
    "plain",
    [
        "no",
        "yes",
        "on",
        "Off",
        "y",
        "1:30",
        "010",
        "0x1F",
        "1_000",
        "2026-11-20",
        "2026-11-20T10:00:00Z",
    ],
)
def test_yaml_keeps_as_text_what_json_would_not_call_a_value(plain: str) -> None:
    assert read_text(f"answer: {plain}").value == {"answer": plain}


def test_yaml_reads_the_values_of_json() -> None:
    text = "{a: 1, b: -2.5e3, c: true, d: null, e: ~, f: , g: 'true', h: \"1\"}"

    value = read_text(text, "a.yaml").value

    assert value == {
        "a": 1, "b": -2500.0, "c": True, "d": None, "e": None, "f": None, "g": "true", "h": "1"
    }  # fmt: skip


def test_names_in_yaml_are_text_whatever_they_look_like() -> None:
    assert read_text("no: 1\n1: 2\nnull: 3\n").value == {"no": 1, "1": 2, "null": 3}


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate-name", 3),
        ("a: 1\nb: .inf\n", "not-finite", 2),
        ("a: 1\nb: .nan\n", "not-finite", 2),
        ("a: 1\nb: 1e999\n", "number-too-large", 2),
        (f"a: 1\nb: {'9' * 5000}\n", "number-too-large", 2),
        ("a: 1\nb: 9223372036854775808\n", "number-too-large", 2),
        ("a:\n  b: &x 1\n", "no-aliases", 2),
        ("a:\n  b: !!str 1\n", "no-tags", 2),
        ("a:\n  b: !!python/object/apply:os.system [ls]\n", "no-tags", 2),
        ("a: 1\n<<: {b: 1}\n", "no-merge", 2),
        ("a: 1\n---\nb: 1\n", "several-documents", 2),
        ("a: 1\n? [b]\n: 1\n", "name-not-text", 2),
        ("a: 1\n\tb: 1\n", "not-yaml", 2),
        ('a: 1\nb: "\\0"\n', "unstorable-text", 2),
        ('a: 1\nb: "\\ud800"\n', "not-yaml", 2),
        ('a: 1\nb: "\\U00110000"\n', "not-yaml", 2),
        ("a: 1\nb: \x07\n", "not-yaml", 2),
    ],
)
def test_yaml_is_refused_with_its_line(text: str, rule: str, line: int) -> None:
    assert only(problems_of(text, "a.yaml")) == (rule, line)


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ('{"a": 1,\n"a": 2}', "duplicate-name", 2),
        ('{"a": 1,\n"b": NaN}', "not-finite", 2),
        ('{"a": 1,\n"b": -Infinity}', "not-finite", 2),
        ('{"a": 1,\n"b": 1e999}', "number-too-large", 2),
        ('{"a": 1,\n"b": ' + "9" * 5000 + "}", "number-too-large", 2),
        ('{"a": 1,\n"b": "\\u0000"}', "unstorable-text", 2),
        ('{"a": 1,\n"\\ud800": 2}', "unstorable-text", 2),
        ('{"a": 1,\n}', "not-json", 2),
        ('{"a": 1\n"b": 2}', "not-json", 2),
        ('{"a": [1,\n2', "not-json", 2),
        ('{"a": 1}\n}', "not-json", 2),
        ("{'a': 1}", "not-json", 1),
        ('{"a": 1, // note\n"b": 2}', "not-json", 1),
        ('{"a": "x\ny"}', "not-json", 1),
        ('{"a": "\\x"}', "not-json", 1),
    ],
)
def test_json_is_refused_with_its_line(text: str, rule: str, line: int) -> None:
    assert only(problems_of(text, "a.json")) == (rule, line)


def test_all_problems_are_told_at_once() -> None:
    found = problems_of("a: 1\na: 2\nb: !x 3\nc: .inf\n", "a.yaml")

    assert [(problem.rule, problem.line) for problem in found] == [
        ("duplicate-name", 2), ("no-tags", 3), ("not-finite", 4)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_deep_nesting_is_refused(name: str, opening: str) -> None:
    for levels in (41, 5_000, 100_000):
        assert only(problems_of(opening * levels, name))[0] == "too-deep"


def test_forty_levels_are_read() -> None:
    assert read_text("[" * 40 + "]" * 40).value is not None


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"x" * 2_000_001, "too-large"),
        ("x" * 2_000_001, "too-large"),
        ("", "empty"),
        (b" \n ", "empty"),
        (b"a: \xff", "not-utf-8"),
        ("a: 1".encode("utf-16"), "not-utf-8"),
        ("a: \0", "unstorable-text"),
        ("a: \ud800", "unstorable-text"),
        ("a: " + "x" * 65_537, "text-too-long"),
        ("x" * 501 + ": 1", "name-too-long"),
    ],
)
def test_limits_hold_before_anything_is_made_of_it(content: str | bytes, rule: str) -> None:
    assert problems_of(content, "a.yaml")[0].rule == rule


def test_a_byte_order_mark_is_no_content() -> None:
    assert read_text("\ufeffa: 1".encode()).value == {"a": 1}


def test_an_alias_bomb_costs_nothing() -> None:
    levels = "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)
    )

    found = problems_of(f"a: &a x\n{levels}", "a.yaml")

    assert {problem.rule for problem in found} == {"no-aliases"}


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_two_megabytes_are_read_or_refused_in_seconds(name: str) -> None:
    start = time.monotonic()

    for text in (
        "[" + "0," * 999_000 + "0]",
        "[" + '"a",' * 70_000 + "0]",
        '["' + "a" * 1_900_000 + '"]',
    ):
        assert set(refusal(text, name) or ()) <= {"too-many", "text-too-long"}

    assert time.monotonic() - start < 10


def test_the_line_of_every_place_is_known() -> None:
    document = read_text("a: 1\nb:\n  - c\n  - d:\n      'x/y': 1\n", "a.yaml")

    lines = {
        place: document.line_of(place) for place in ("", "/a", "/b", "/b/0", "/b/1", "/b/1/d/x~1y")
    }

    assert lines == {"": 1, "/a": 1, "/b": 2, "/b/0": 3, "/b/1": 4, "/b/1/d/x~1y": 5}


def test_a_place_that_is_not_there_has_the_line_of_what_is_above_it() -> None:
    document = read_text('{"a":\n [\n {"b": 1}]}')

    assert [document.line_of(place) for place in ("/a/0/c/d", "/a/7", "/z")] == [3, 1, 1]


def test_values_of_a_program_are_checked_like_text() -> None:
    circle: list[object] = []
    circle.append(circle)
    wrong = {
        "not-finite": float("nan"), "unstorable-text": "\0", "number-too-large": 10**30,
        "not-json": object(), "too-deep": circle, "name-not-text": {1: 2},
    }  # fmt: skip

    for rule, value in wrong.items():
        with pytest.raises(BundleInvalid) as refused:
            from_value({"a": [value]})
        problem = refused.value.problems[0]
        assert (problem.rule, problem.path.startswith("a[0]")) == (rule, True)


def test_a_value_is_copied() -> None:
    given_value = {"a": [1, ("b", None)]}

    document = from_value(given_value)
    given_value["a"] = []

    assert document.value == {"a": [1, ["b", None]]}
