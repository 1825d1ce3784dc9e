"""Whether a simulation went as its scenario expects; if not, where, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from definitions.graph import WorkflowGraph
from definitions.schemas import pointer
from operations import explain
from operations.simulation.story import Ending, SimStep, Simulation

#: How many tasks of a path a sentence names.
MOST_NAMED = 12


@dataclass(frozen=True, slots=True)
class Unexpected:
    """One difference. `place`: a JSON pointer into the scenario, such as /expect/path."""

    place: str
    message: str


def unexpected(
    graph: WorkflowGraph, story: Simulation, expect: Mapping[str, Any]
) -> Unexpected | None:
    """The first thing that is not as expected; None: all is.

    A workflow that stops is never as expected: a person would have to repair it.
    """
    return next(_differences(graph, story, expect), None)


def _differences(
    graph: WorkflowGraph, story: Simulation, expect: Mapping[str, Any]
) -> Iterator[Unexpected]:
    wanted = expect.get("path")
    if wanted is not None and list(wanted) != story.path:
        because = _because(graph, story, _first_difference(wanted, story.path))
        expected = _named(graph, wanted, ends=expect.get("ends"))
        went = _named(graph, story.path, ends=story.ending == Ending.DONE)
        yield Unexpected("/expect/path", f"expected {expected}; it went {went}{because}")
    if story.ending == Ending.STOPPED:
        yield Unexpected("/expect", f"it stopped: {story.problem}")
    yield from _end(graph, story, expect)
    for key, value in (expect.get("data") or {}).items():
        if key not in story.data or not _includes(story.data[key], value):
            where = "/expect/data" + pointer((key,))
            got = explain.storable(story.data.get(key), 200)
            yield Unexpected(where, f"expected “{key}” to be {value}; it is {got}.")


def _end(
    graph: WorkflowGraph, story: Simulation, expect: Mapping[str, Any]
) -> Iterator[Unexpected]:
    is_over = story.ending == Ending.DONE
    waits_at = [step.key for step in story.open_steps]
    if expect.get("ends") is True and not is_over:
        yield Unexpected(
            "/expect/ends",
            f"expected it to end; it waits at {_named(graph, waits_at)}. Nothing is said about "
            "what comes of that.",
        )
    if expect.get("ends") is False and is_over:
        yield Unexpected("/expect/ends", "expected it not to end; it came to its end.")
    at = expect.get("at")
    if at is not None and at not in waits_at:
        where = "came to its end" if is_over else f"waits at {_named(graph, waits_at)}"
        yield Unexpected("/expect/at", f"expected it to wait at {_name(graph, at)}; it {where}.")


def _first_difference(wanted: Sequence[str], went: Sequence[str]) -> int:
    for number, (one, other) in enumerate(zip(wanted, went, strict=False)):
        if one != other:
            return number
    return min(len(wanted), len(went))


def _because(graph: WorkflowGraph, story: Simulation, number: int) -> str:
    """What led to the task at this place of the path, or to there being none."""
    if story.ending == Ending.STOPPED and number >= len(story.path):
        return f", because it stopped: {story.problem}"
    before = _led_to(story, number)
    if before is None:
        return f", because {story.why}." if story.why else "."
    if before.ending == Ending.OPEN:
        return f", because nothing is said about what comes of {_name(graph, before.key)}."
    if before.ending == Ending.TIMEOUT:
        return f", because {_name(graph, before.key)} ran out of time."
    if before.ending == Ending.CAUGHT:
        return f", because the call of {_name(graph, before.key)} failed."
    return f", because {before.why}." if before.why else "."


def _led_to(story: Simulation, number: int) -> SimStep | None:
    """The step whose decision started the one at this place; None: the start did."""
    steps = story.steps
    if number >= len(steps):
        return steps[-1] if steps else None
    target = steps[number]
    came = [step for step in steps[:number] if target.key in step.went]
    return came[-1] if came else None


def _named(graph: WorkflowGraph, keys: Sequence[str], *, ends: Any = False) -> str:
    names = [_name(graph, key) for key in keys[:MOST_NAMED]]
    if len(keys) > MOST_NAMED:
        names.append(f"{len(keys) - MOST_NAMED} more")
    if ends:
        names.append("the end")
    return ", then ".join(names) or "nowhere"


def _name(graph: WorkflowGraph, key: str) -> str:
    return explain.name(graph, key)


def _includes(found: Any, wanted: Any) -> bool:
    """Groups may hold more than is expected; everything else is equal, and of the same kind."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            name in found and _includes(found[name], value) for name, value in wanted.items()
        )
    is_yes_or_no = isinstance(found, bool) or isinstance(wanted, bool)
    return bool(found == wanted) and (not is_yes_or_no or type(found) is type(wanted))
