"""Questions for files: which files they accept, what is wrong with them, how kinds are told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from definitions.file_kinds import HEAD, KINDS, ending_of, endings_meant, in_words, symbol_of
from definitions.graph import WorkflowGraph
from definitions.layouts import compiled, file_problems, files_asked, files_asked_in
from definitions.linter import problems as lint
from definitions.questions import questions_of, schema_with
from definitions.schemas import problems, schema_from_fields
from operations.simulation import Scenario, simulate
from tenants.calendar import WorkCalendar
from tests.unit.drawings import drawn

FILE = {"type": "string", "x-widget": "file"}


def form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_a_question_says_what_it_accepts() -> None:
    schema = form(
        offer={**FILE, "x-accept": ".pdf, image/png", "x-max-megabytes": 2},
        photos={"type": "array", "maxItems": 3, "items": {**FILE, "x-accept": ["image/*"]}},
        note={"type": "string"},
    )

    offer, photos = files_asked(compiled(schema))

    assert (offer.place, offer.several, offer.most) == (("offer",), False, None)
    assert (offer.accepts, offer.most_bytes) == (frozenset({"pdf", "png"}), 2 * 1024 * 1024)
    assert (photos.place, photos.several, photos.most) == (("photos",), True, 3)
    assert {"jpg", "jpeg", "heic"} <= photos.accepts
    assert photos.most_bytes is None


def test_a_layout_can_make_a_text_a_file() -> None:
    layout = {
        "type": "Control",
        "scope": "#/properties/scan",
        "options": {"widget": "file"},
    }

    assert [one.place for one in files_asked_in(form(scan={"type": "string"}), layout)] == [
        ("scan",)
    ]


def test_files_in_groups_are_found_and_their_answers_read() -> None:
    schema = form(
        who=form(badge=FILE, name={"type": "string"}),
        scans={"type": "array", "items": {"$ref": "#/$defs/scan"}},
    )
    schema["$defs"] = {"scan": FILE}
    answers = {"who": {"badge": "a", "name": "Ana"}, "scans": ["b", "c"]}

    found = files_asked_in(schema)

    assert [one.given(answers) for one in found] == [["a"], ["b", "c"]]
    assert [one.given({}) for one in found] == [[], []]


def test_a_field_of_type_file_takes_one_and_with_a_count_several() -> None:
    schema = schema_from_fields(
        [
            {"name": "offer", "type": "file", "required": True, "x-accept": ".pdf"},
            {"name": "scans", "type": "file", "maxItems": 4, "required": True},
        ]
    )

    offer, scans = files_asked_in(schema)

    assert offer.accepts == {"pdf"} and not offer.several
    assert (scans.several, scans.most) == (True, 4)
    assert [one.path for one in problems(schema, {"offer": SOME, "scans": []})] == ["/scans"]


SOME = "8f14e45f-ceea-467a-9575-2f3c1f0a1b2c"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({**FILE, "x-accept": ".exe, .sh"}, "accepts no kind of file"),
        ({**FILE, "x-accept": 7}, "accepts no kind of file"),
        ({**FILE, "x-accept": ".pdf, .exe"}, "accepts “.exe”, which is no kind"),
        ({**FILE, "x-max-megabytes": 0}, "no number above 0"),
        ({**FILE, "x-max-megabytes": "big"}, "no number above 0"),
        ({"type": "integer", "x-widget": "file"}, "its answer cannot be one"),
        ({"type": "array", "items": form(scan=FILE)}, "in each entry"),
    ],
)
def test_what_is_wrong_with_a_question_is_told_with_its_place(question: Any, said: str) -> None:
    [trouble] = file_problems(form(scan=question))

    assert said in trouble.message
    assert trouble.message.startswith("“Scan” ")
    assert trouble.path == "/properties/scan"
    assert trouble.blocks is ("which is no kind" not in said)


def test_nothing_is_wrong_with_good_ones() -> None:
    several = {"type": "array", "items": FILE, "minItems": 1, "maxItems": 5}

    assert file_problems(form(a=FILE, b=several, c=form(d=FILE))) == []


# --- kinds ----------------------------------------------------------------------------------------


def test_pages_and_programs_are_no_kind_of_file() -> None:
    assert not {"html", "htm", "svg", "js", "exe", "bat", "ps1", "jar", "docm", "xlsm"} & set(KINDS)


@pytest.mark.parametrize(
    ("ending", "head", "fits"),
    [
        ("pdf", b"%PDF-1.7", True),
        ("pdf", b"MZ\x90", False),
        ("png", b"\x89PNG\r\n\x1a\n....", True),
        ("png", b"<svg xmlns=", False),
        ("webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", True),
        ("heic", b"\x00\x00\x00\x18ftypheic", True),
        ("docx", b"PK\x03\x04....", True),
        ("docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", False),
        ("doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", True),
        ("csv", b"a,b\n1,2\n", True),
        ("csv", b"\xff\xfea\x00,\x00", True),
        ("csv", b"a\x00b", False),
        ("txt", b"MZ\x90\x00", False),
        ("txt", b"", True),
        ("pdf", b"", False),
    ],
)
def test_the_first_bytes_tell_what_a_file_is(ending: str, head: bytes, fits: bool) -> None:
    assert KINDS[ending].fits(head[:HEAD]) is fits


def test_endings_are_read_from_any_name() -> None:
    names = ["a.PDF", "a.b.Pdf", "C:\\x\\a.pdf", "pdf", ".pdf", "a.", ""]

    assert [ending_of(name) for name in names] == ["pdf", "pdf", "pdf", "", "", "", ""]


def test_accept_is_read_as_in_html() -> None:
    assert endings_meant("text/csv") == (frozenset({"csv"}), [])
    assert endings_meant(".jpg")[0] == {"jpg", "jpeg"}
    assert endings_meant("*/*")[0] == set(KINDS)
    assert endings_meant(None) == (frozenset(), [])
    assert in_words(["pdf", "jpg", "jpeg", "png"]) == "JPG, PDF or PNG"
    assert symbol_of("application/pdf") == "picture_as_pdf"
    assert symbol_of("application/x-unknown") == "draft"


# --- what calls read of them ----------------------------------------------------------------------


def sending(path: str, kind: str = "SYNC_ACTION") -> WorkflowGraph:
    call = {"task_type": kind, "action_url": "https://erp.example/orders"}
    made = {"name": {"$": {"var": path}}}
    fields = ({"name": "offer", "type": "file"},)
    graph = drawn("> send >", send={**call, "input_transform": made})
    return replace(graph, fields=fields)


def never_there(graph: WorkflowGraph) -> list[str]:
    return [one.message for one in lint(graph) if one.rule == "unknown-path"]


def test_a_call_may_read_what_is_known_of_a_file() -> None:
    assert never_there(sending("files.ticket.offer.name")) == []
    assert "has no field “offr”" in never_there(sending("files.ticket.offr.name"))[0]
    assert "neither “ticket” nor" in never_there(sending("files.ticket.offer", "SUBWORKFLOW"))[0]


def test_a_trial_sends_a_sample_in_the_place_of_a_file() -> None:
    graph = sending("files.ticket.offer.name")

    start, week = datetime(2026, 6, 1, tzinfo=UTC), [["09:00", "17:00"]] * 7
    calendar = WorkCalendar(ZoneInfo("UTC"), week, [])
    scenario = Scenario("A try", {"offer": SOME}, {}, {})
    story = simulate(graph, {"offer": SOME}, scenario, start=start, calendar=calendar)

    assert [step.given for step in story.steps] == [{"name": "sample.pdf"}]


# --- building the question ------------------------------------------------------------------------


def test_a_builder_offers_one_file_and_several() -> None:
    rows = [
        {"label": "Offer", "kind": "file", "required": True},
        {"label": "Photos", "kind": "files", "most": 3},
    ]

    schema = schema_with(form(), rows).schema

    offer, photos = files_asked_in(schema)
    assert (offer.place, offer.several) == (("offer",), False)
    assert (photos.place, photos.several, photos.most) == (("photos",), True, 3)
    assert [row["kind"] for row in questions_of(schema).rows] == ["file", "files"]
