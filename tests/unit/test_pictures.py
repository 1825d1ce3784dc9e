"""The picture of a workflow says all of it, whatever people write, and never holds a page up."""

import re
import subprocess
import time
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from definitions.graph import Edge, TaskNode, WorkflowGraph
from definitions.pictures import (
    MOST_STEPS,
    Mark,
    Outline,
    draw,
    in_words,
    outline,
    place,
    placing,
    why_not,
)
from definitions.pictures.texts import lines_of, width_of
from tests.unit.drawings import CALL, JOIN, SPLIT, drawn, when

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    '"\' onload="alert(1)" x=\'',
    "]]><!--</title></svg><img src=x onerror=alert(1)>",
    "a\0b\x1b[31m\x85\ufffe",
    "\u202egnidrawkcab\u2066 \u200b\ufeff",
    "\ud800 half a character",
    "x" * 500,
    "word " * 100,
    "👩‍👩‍👧‍👦🏳️‍🌈" * 30,
    "漢字" * 250,
    "﷽" * 200,
    "&amp;&lt;&#0;%00{{ request.user }}{% now %}",
    "e" + "\u0301" * 499,
    "",
    "   \n\t ",
]
KEYS = [f"k{number}" for number in range(9)]


@st.composite
def graphs(draw_one: st.DrawFn) -> WorkflowGraph:
    """Anything that a draft may be: loops, steps nobody comes to, ways into nowhere."""
    keys = draw_one(st.lists(st.sampled_from(KEYS), min_size=1, max_size=7, unique=True))
    ends = st.sampled_from([None, *KEYS])
    types = st.sampled_from(["FORM", "SYNC_ACTION", "SUBWORKFLOW", "WAIT", "ASYNC_ACTION", "WHAT"])
    edges = st.builds(
        Edge,
        source=ends,
        target=ends,
        condition=st.sampled_from([None, {"==": [{"var": "k1.ok"}, True]}, {"?": 1}, 7]),
        priority=st.integers(0, 3),
        label=st.sampled_from(["", "declined", *HOSTILE]),
        after=st.sampled_from(["done", "timeout", "sometimes"]),
    )
    catch = st.lists(st.sampled_from(KEYS), max_size=2).map(
        lambda found: {"action": {"catch": [{"next": key} for key in found]}}
    )
    tasks = {
        key: TaskNode(
            key,
            draw_one(st.sampled_from(["A step", *HOSTILE])),
            draw_one(types),
            split=draw_one(st.sampled_from(["ONE", "ALL", "?"])),
            extra=draw_one(catch),
        )
        for key in keys
    }
    return WorkflowGraph("any", tasks, tuple(draw_one(st.lists(edges, max_size=10))))


def spread(shown: Outline) -> placing.Placement:
    """Places as good as any, without Graphviz: it is asked about shapes elsewhere."""
    line = placing.Line(((0, 0), (1, 1), (2, 2), (3, 3)), (4, 4), (2, 2))
    boxes = tuple((0.0, 80.0 * number) for number in range(len(shown.boxes)))
    return placing.Placement(300, 900, boxes, (line,) * len(shown.ways))


def texts(node: ElementTree.Element) -> str:
    return "".join(node.itertext())


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_every_step_and_every_way_is_drawn_once_and_said_once(graph: WorkflowGraph) -> None:
    shown = outline(graph)

    picture = ElementTree.fromstring(draw(shown, spread(shown), title="Any"))  # noqa: S314
    said = in_words(shown)

    groups = [(node.get("class") or "").split() for node in picture.findall(f"{SVG}g")]
    ways = len(graph.edges) + sum(len(set(task.catches)) for task in graph.tasks.values())
    assert sum("way" in group for group in groups) == ways == len(shown.ways)
    assert sum("step" in group for group in groups) == len(shown.steps)
    assert [box.key for box in shown.steps][: len(graph.tasks)] == list(graph.tasks)
    assert sorted(step.key for step in said if step.key) == sorted(box.key for box in shown.steps)
    told = [way for step in said for way in step.ways if way != "it ends here"]
    assert len(told) == ways
    assert all(step.title for step in said)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_graphviz_finds_a_place_for_everything_in_any_draft(graph: WorkflowGraph) -> None:
    shown = outline(graph)

    places = place(shown)

    assert places is not None
    assert len(places.boxes) == len(shown.boxes)
    assert len(places.ways) == len(shown.ways)
    for (x, y), box in zip(places.boxes, shown.boxes, strict=True):
        wide, high = placing.size_of(box)
        assert wide / 2 - 1 <= x <= places.width - wide / 2 + 1
        assert high / 2 - 1 <= y <= places.height - high / 2 + 1


def test_boxes_do_not_lie_on_each_other_and_time_runs_to_the_right() -> None:
    shown = outline(drawn("> ask > check > pay > close >", when("check", "ask", "no")))

    places = place(shown)

    assert places is not None
    start, end, *steps = [x for x, _ in places.boxes]
    assert [start, *steps, end] == sorted([start, *steps, end])
    assert all(right - left > placing.BOX_WIDTH for left, right in pairwise(steps))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_people_write_breaks_the_picture(text: str) -> None:
    graph = drawn(
        "> ask > pay >",
        Edge("ask", None, {"==": [{"var": f"ask.{text}"}, text]}, label=text),
        Edge("ask", text or "gone"),
        ask={"title": text},
    )
    shown = outline(graph, {"ask.answer": text})

    svg = draw(
        shown,
        spread(shown),
        title=text,
        marks={"ask": Mark("done", text, text, 2, f"/?{text}")},
        hrefs={"ask": f"/?{text}"},
    )

    picture = ElementTree.fromstring(svg)  # noqa: S314
    known = {"svg", "title", "desc", "g", "a", "rect", "circle", "path", "text"}
    assert {node.tag.removeprefix(SVG) for node in picture.iter()} <= known
    names = {name for node in picture.iter() for name in node.keys()}  # noqa: SIM118
    assert not {name for name in names if name.startswith("on")}
    assert not re.search("[\0-\x08\x0b-\x1f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", svg)
    assert len(svg) < 20_000
    svg.encode()


def test_the_description_and_links_are_for_screen_readers_too() -> None:
    shown = outline(drawn("> ask > pay >", ask={"title": "Ask for it"}))
    marks = {"ask": Mark("done", "Done today", "Done today by Ben, 3 times", 3)}

    plain = ElementTree.fromstring(draw(shown, spread(shown), title="Buying"))  # noqa: S314
    linked = ElementTree.fromstring(  # noqa: S314
        draw(shown, spread(shown), title="Buying", marks=marks, hrefs={"ask": "/ask/"})
    )

    assert plain.get("role") == "img"
    assert linked.get("role") == "group"
    assert texts(plain[0]) == "Buying"
    assert "2 steps and 3 ways" in texts(plain[1])
    link = linked.find(f".//{SVG}a")
    assert link is not None
    assert link.get("href") == "/ask/"
    assert texts(link[0]) == "Ask for it, Form, Done today by Ben, 3 times"
    assert "check" in texts(link)
    assert "3\N{MULTIPLICATION SIGN}" in texts(linked)


def test_ways_say_when_they_are_taken() -> None:
    graph = drawn(
        "> ask > call >",
        when("ask", "pay", "yes", priority=-1),
        "pay >",
        Edge("ask", "late", after="timeout"),
        "late >",
        ask={"timeout_seconds": 60},
        call={**CALL, "extra": {"action": {"catch": [{"errors": ["*"], "next": "late"}]}}},
    )

    ask = next(step for step in in_words(outline(graph)) if step.key == "ask")
    call = next(step for step in in_words(outline(graph)) if step.key == "call")

    assert ask.ways == (
        "to pay if answer is “yes”",
        "to call otherwise",
        "to late when its time has run out",
    )
    assert call.ways == ("to the end", "to late if the call fails")


def test_words_stand_in_the_order_of_the_ways_and_say_what_nobody_comes_to() -> None:
    graph = drawn(
        "> fork > left > meet >", "fork > right > meet", "island >", fork=SPLIT, meet=JOIN
    )

    said = in_words(outline(graph))

    assert [step.key for step in said] == ["", "fork", "left", "right", "meet", "island"]
    assert [step.key for step in said if step.is_apart] == ["island"]
    assert said[1].what == "Form, goes every way that fits"
    assert said[4].what == "Form, waits for every branch"


def test_ways_that_a_ticket_took_stand_out() -> None:
    shown = outline(drawn("> ask > pay >", when("ask", None, "no")))

    svg = draw(shown, spread(shown), title="x", taken=frozenset({("", "ask"), ("ask", "pay")}))

    assert svg.count('class="way done"') == 2


@pytest.mark.parametrize("text", [*HOSTILE, "Approve the purchase of the new machine"])
def test_lines_are_never_wider_than_their_box(text: str) -> None:
    lines = lines_of(text, 12, 150, 2)

    assert len(lines) <= 2
    assert all(width_of(line, 12) <= 150 for line in lines)


# --- limits ---------------------------------------------------------------------------------------


def complete(steps: int) -> Outline:
    """Each step leads to each other one: nobody draws this, but a file can say it."""
    keys = [f"s{number}" for number in range(steps)]
    edges = [Edge(None, keys[0]), *(Edge(a, b, label="on") for a in keys for b in keys)]
    return outline(WorkflowGraph("all", {key: TaskNode(key) for key in keys}, tuple(edges)))


def test_a_very_large_workflow_is_refused_in_a_sentence_at_once() -> None:
    keys = [f"s{number}" for number in range(1000)]
    graph = WorkflowGraph("large", {key: TaskNode(key) for key in keys}, ())
    shown = outline(graph)

    assert place(shown) is None
    assert why_not(shown) == f"It has 1,000 steps. A picture shows {MOST_STEPS} at most."
    assert len(in_words(shown)) == 1001
    assert why_not(complete(31)) == "It has 962 ways onward. A picture shows 900 at most."


def test_an_orderly_workflow_of_the_largest_size_is_drawn_in_time() -> None:
    keys = [f"s{number}" for number in range(MOST_STEPS)]
    onward = [Edge(a, b) for a, b in zip([None, *keys], [*keys, None], strict=True)]
    back = [Edge(keys[n], keys[n - 3], 1, label="declined") for n in range(3, len(keys), 4)]
    tasks = {key: TaskNode(key) for key in keys}

    assert place(outline(WorkflowGraph("long", tasks, (*onward, *back)))) is not None


def test_a_tangle_costs_its_time_once(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(placing, "SECONDS", 1)
    tangle = complete(29)

    begun = time.monotonic()
    first, after = place(tangle), time.monotonic()
    again, at_last = place(tangle), time.monotonic()

    assert first is None and again is None
    assert after - begun < 10
    assert at_last - after < 0.5
    assert "Graphviz" in caplog.text


def test_a_machine_without_graphviz_has_words(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    monkeypatch.setattr(placing, "PROGRAM", placing.PROGRAM.with_name("is_not_there.py"))
    shown = outline(drawn("> one > two > three > four > five >"))
    monkeypatch.setattr(placing, "_kept", type(placing._kept)())

    assert place(shown) is None
    assert why_not(shown) == ""
    assert "Graphviz drew no picture" in caplog.text


def test_graphviz_is_told_no_word_that_somebody_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    run = subprocess.run

    def listening(*command, **how):
        asked.append(how["input"])
        return run(*command, **how)

    monkeypatch.setattr("definitions.pictures.placing.subprocess.run", listening)
    monkeypatch.setattr(placing, "_kept", type(placing._kept)())

    place(outline(drawn("> ask >", ask={"title": "Secret plans"})))

    assert len(asked) == 1
    assert set(re.findall("[a-z_]+", asked[0])) == {"boxes", "ways", "memory_bytes", "seconds"}
