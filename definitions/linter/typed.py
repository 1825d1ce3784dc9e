"""Rules about values that meet others of another kind, or that can never be there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from definitions import logic
from definitions.graph import Edge
from definitions.linter.drawing import Drawing, Found
from definitions.linter.known import Known, kind_of_shape
from definitions.listing import listed
from definitions.logic import LogicError, RuleProblem, check_rule, check_transform
from definitions.logic.compiler import kind_given
from definitions.logic.transforms import LITERAL, LIVE
from definitions.logic.values import KIND_WORDS, Kind, found_words, kind_of
from definitions.logic.writer import split
from definitions.nearest import did_you_mean
from definitions.schemas import JSON, UnusableSchema, checker, pointer, steps
from definitions.schemas.shape import Kind as Asked
from definitions.schemas.shape import shape_of

_EQUAL = {"==", "===", "!=", "!=="}
_ORDERED = {"<", "<=", ">", ">="}
_YES_NO = {"yes": "true", "true": "true", "no": "false", "false": "false"}
#: How many choices a sentence names.
MOST_NAMED = 8


def type_mismatch(drawing: Drawing) -> Iterator[Found]:
    """Values of a kind that their form cannot give, in conditions and in what tasks are given."""
    known = drawing.known
    for place, edge in drawing.edges():
        if not edge.is_default and (paths := _read_by(drawing, edge)):
            yield from _in_rule(known, edge.condition, paths, f"{place}/condition")
    for place, task in drawing.tasks():
        yield from _in_template(known, task.input_transform, f"{place}/input_transform")
        yield from _unfit(drawing, task, f"{place}/input_transform")


def _read_by(drawing: Drawing, edge: Edge) -> Sequence[str]:
    """The paths of a condition; none of one that is told as bad."""
    try:
        rule = drawing.graph.rule(edge)
    except LogicError:
        return ()
    return rule.paths if rule.gives in (None, "boolean") else ()


def _in_rule(known: Known, rule: Any, paths: Sequence[str], place: str) -> Iterator[Found]:
    kinds = known.kinds(paths)
    for problem in check_rule(rule, condition=True, kinds=kinds) if kinds else ():
        yield _told(known, rule, problem, kinds, place)


def _in_template(known: Known, template: JSON, place: str) -> Iterator[Found]:
    if template is None or check_transform(template):
        return
    kinds = known.kinds(logic.compile_transform(template).paths)
    for problem in check_transform(template, kinds=kinds):
        yield _told(known, template, problem, kinds, place)


def _told(
    known: Known, whole: Any, problem: RuleProblem, kinds: Mapping[str, Kind], place: str
) -> Found:
    """The problem, with the names of the values that it is about."""
    call = _call_at(whole, problem.place)
    path = next((path for path in _read_in(call) if path in kinds), "")
    if not path:
        return Found(place + problem.place, problem.message, problem.hint)
    at = place + problem.place.removesuffix("/var").removesuffix("/var/0")
    start = f"{known.name(path)} is {KIND_WORDS[kinds[path]]}"
    name, args = split(call)
    others = [one for one in args if not isinstance(one, dict | list)]
    if name in _ORDERED and kinds[path] not in ("number", "date", "datetime"):
        message = f"{start}, and only numbers and dates have an order."
        return Found(at, message, _reading(known, path))
    if name in _EQUAL | _ORDERED and len(others) == 1:
        other = others[0]
        if kind_of(other) != kinds[path]:
            message = f"{start}, and is compared with {found_words(other)} here."
            return Found(at, message, _how(path, kinds[path], other))
    return Found(at, f"{start}. {problem.message}", problem.hint)


def _how(path: str, kind: Kind, other: Any) -> str:
    """How to write the value so that it can be compared."""
    if kind == "boolean" and isinstance(other, str) and other.strip().lower() in _YES_NO:
        return f"Did you mean {_YES_NO[other.strip().lower()]}, without quotation marks?"
    if kind == "boolean":
        return "Compare it with true or false."
    if kind == "number" and isinstance(other, str) and _is_number(other):
        return f"Write the number without quotation marks: {other.strip()}."
    if kind == "text" and isinstance(other, int | float) and not isinstance(other, bool):
        return f"Write it in quotation marks: “{other}”. Or let “{path}” be a number."
    return f"Compare it with {KIND_WORDS[kind]}."


def _reading(known: Known, path: str) -> str:
    formats = {shape.format for shape in known.shapes(path) or ()}
    if formats & {"date", "date-time"}:
        word = "datetime" if "date-time" in formats else "date"
        return f'Read it as one: {{"{word}": {{"var": "{path}"}}}}.'
    return "Ask for a number, or ask whether it is a certain value."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _call_at(whole: Any, place: str) -> Any:
    """The innermost operator that a place of a rule or template is in, readings left aside."""
    found, here = whole, whole
    for step in steps(place):
        if isinstance(here, dict) and step in here:
            if len(here) == 1 and (step != "var" or found is whole is here):
                found = here
            here = here[step]
        elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
            here = here[int(step)]
        else:
            break
    return found


def _read_in(call: Any) -> list[str]:
    """Paths that an operator reads as its own values; the path of a lone reading."""
    name, args = split(call)
    if name == "var":
        return [str(args[0])] if args else []
    inside = [split(one) for one in args]
    return [str(inner[0]) for word, inner in inside if word == "var" and inner]


def _unfit(drawing: Drawing, task: Any, place: str) -> Iterator[Found]:
    """What a task is given under a name is of another kind than it says it needs."""
    made, schema = task.input_transform, task.input_schema
    if not isinstance(made, Mapping) or {LIVE, LITERAL} & set(made) or check_transform(made):
        return
    try:
        checker(schema) if isinstance(schema, dict) else None
    except UnusableSchema:
        return
    needed = shape_of(schema).properties if isinstance(schema, dict) else {}
    kinds = drawing.known.kinds(logic.compile_transform(made).paths)
    for name, leaf in made.items():
        if name not in needed or not needed[name].places:
            continue
        wanted, given = kind_of_shape(needed[name]), _kind_of_leaf(leaf, kinds)
        if wanted and given and wanted != given:
            yield Found(
                place + pointer((name,)),
                f"“{task.label}” needs {KIND_WORDS[wanted]} as “{name}”, and is given "
                f"{KIND_WORDS[given]}.",
                "Give it another value, or change what it needs (input_schema).",
            )


def _kind_of_leaf(leaf: Any, kinds: Mapping[str, Kind]) -> Kind | None:
    if isinstance(leaf, Mapping):
        return kind_given(leaf[LIVE], kinds) if set(leaf) == {LIVE} else None
    return kind_of(leaf) if isinstance(leaf, bool | int | float | str) else None


def unknown_choice(drawing: Drawing) -> Iterator[Found]:
    """A choice that the form does not offer, so that it never is the answer."""
    for place, edge in drawing.edges():
        if not edge.is_default and _read_by(drawing, edge):
            yield from _never_chosen(drawing.known, edge.condition, f"{place}/condition")
    for place, task in drawing.tasks():
        if task.input_transform is not None and not check_transform(task.input_transform):
            where = f"{place}/input_transform"
            yield from _never_chosen(drawing.known, task.input_transform, where)


def _never_chosen(known: Known, rule: Any, place: str) -> Iterator[Found]:
    waiting = [(place, rule)]
    while waiting:
        where, part = waiting.pop()
        for path, value, at in _compared(known, part, where):
            choices = _choices(known, path)
            kinds = {kind_of(one) for one in choices or ()}
            if choices and kinds == {kind_of(value)} and value not in choices:
                named = [str(one) for one in choices[:MOST_NAMED]]
                more = [f"{len(choices) - MOST_NAMED} more"] if len(choices) > MOST_NAMED else []
                yield Found(
                    at,
                    f"{known.name(path)} is never {found_words(value)}: it can be "
                    f"{listed([*named, *more], 'or')}.",
                    did_you_mean(str(value), map(str, choices)),
                )
        if isinstance(part, dict):
            waiting += [(where + pointer((key,)), one) for key, one in part.items()]
        elif isinstance(part, list):
            waiting += [(where + pointer((key,)), one) for key, one in enumerate(part)]


def _compared(known: Known, part: Any, place: str) -> Iterator[tuple[str, Any, str]]:
    """(path, value, its place) for each value that a reading is compared with."""
    name, args = split(part)
    if name not in _EQUAL | {"in"} or len(args) != 2:
        return
    at = [f"{place}{pointer((name,))}/{number}" for number in (0, 1)]
    paths = [_read_in(one)[0] if split(one)[0] == "var" and _read_in(one) else "" for one in args]
    for here, there in ((0, 1), (1, 0)):
        path, other = paths[here], args[there]
        if not path:
            continue
        if isinstance(other, list):
            yield from ((path, one, f"{at[there]}/{n}") for n, one in enumerate(other))
        elif name != "in" or (there == 0 and _is_list(known, path)):
            yield path, other, at[there]


def _is_list(known: Known, path: str) -> bool:
    return all(shape.kind is Asked.CHOICES for shape in known.shapes(path) or ())


def _choices(known: Known, path: str) -> list[Any] | None:
    """What can be chosen; of a list of choices, what its entries can be."""
    shapes = known.shapes(path) or ()
    if shapes and all(shape.kind is Asked.CHOICES and shape.items for shape in shapes):
        inner = [shape.items.choices or () for shape in shapes if shape.items]
        return [one.value for choices in inner for one in choices]
    return known.choices(path)
