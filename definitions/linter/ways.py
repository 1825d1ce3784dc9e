"""Rules about transitions: which is taken, and when."""

from collections.abc import Iterator

from definitions.graph import After
from definitions.linter.drawing import Drawing, Found
from definitions.logic import check_rule


def several_defaults(drawing: Drawing) -> Iterator[Found]:
    for (source, after), edges in drawing.ways().items():
        defaults = [place for place, edge in edges if edge.is_default]
        if drawing.splits(source):
            continue  # there, all transitions without condition are followed together
        for place in defaults[1:]:
            yield Found(
                place,
                f"More than one transition {_after(drawing, source, after)} has no condition; "
                "only one of them could ever be followed.",
                "Give all but one a condition.",
            )


def same_priority(drawing: Drawing) -> Iterator[Found]:
    for (source, after), edges in drawing.ways().items():
        taken: set[int] = set()
        for place, edge in edges:
            if edge.is_default or drawing.splits(source):
                continue
            if edge.priority in taken:
                yield Found(
                    f"{place}/priority",
                    f"Two conditions {_after(drawing, source, after)} have priority "
                    f"{edge.priority}, so it is not clear which one is asked first.",
                    "Give each its own priority; the smallest is asked first.",
                )
            taken.add(edge.priority)


def default_beside_branches(drawing: Drawing) -> Iterator[Found]:
    for (source, after), edges in drawing.ways().items():
        if not drawing.splits(source) or all(edge.is_default for _place, edge in edges):
            continue
        for place, edge in edges:
            if edge.is_default:
                yield Found(
                    place,
                    f"This transition {_after(drawing, source, after)} has no condition, so it is "
                    "followed only when no condition beside it is true.",
                    "Give it the condition true if it should always be followed.",
                )


def bad_condition(drawing: Drawing) -> Iterator[Found]:
    for place, edge in drawing.edges():
        if edge.is_default:
            continue
        for problem in check_rule(edge.condition, condition=True):
            yield Found(f"{place}/condition{problem.place}", problem.message, problem.hint)


def _after(drawing: Drawing, source: str | None, after: str) -> str:
    if after == After.TIMEOUT:
        return f"after {drawing.called(source)} ran out of time"
    return f"after {drawing.called(source)}"
