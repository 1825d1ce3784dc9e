"""From a list of questions back to a schema. What did not change is not touched."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from definitions.issue_forms.elements import key_of
from definitions.questions.aspects import ASPECTS
from definitions.questions.kinds import MEANINGS, NESTED, WORDS, Kind, fresh, kind_of
from definitions.questions.mentions import renamed_in
from definitions.questions.plain import Unreadable
from definitions.questions.reading import Row, group_in
from definitions.schemas.problem import JSON, Problem, pointer

_Schema = dict[str, Any]

#: Names end up in conditions (`ticket.amount`), so they have no point.
_NAME = re.compile(r"^[^.\x00-\x1f]{1,80}$")
DEEPEST = 4


@dataclass(slots=True)
class Written:
    """The schema that a list of questions makes.

    problems: places in the list ("/2/inside/0/choices"). renamed, removed: names of the first
    level, as conditions call them.
    """

    schema: JSON
    problems: list[Problem] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def schema_with(schema: JSON, rows: Sequence[Row]) -> Written:
    """`schema` with its questions as `rows` say; what they do not show stays as it is.

    `schema` is what the rows were read from (`questions_of`); None: there was no form yet.
    """
    before: Mapping[str, JSON] = schema if isinstance(schema, Mapping) else {}
    if not before and not rows:
        return Written(schema)
    problems: list[Problem] = []
    names = _names(rows, (), problems)
    made = _group(before, rows, names, (), problems)
    renamed, removed = _moves(before, rows, names)
    added = tuple(
        name for row, name in zip(rows, names, strict=True) if row.get("was") not in _asked(before)
    )
    if renamed:
        made = renamed_in(made, renamed)
    return Written(made, problems, renamed, removed, added)


def _asked(schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    properties = schema.get("properties", {})
    return properties if isinstance(properties, Mapping) else {}


def _moves(
    before: Mapping[str, JSON], rows: Sequence[Row], names: Sequence[str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    stays: dict[str, str] = {}
    for row, name in zip(rows, names, strict=True):
        was = row.get("was") or ""
        if was in _asked(before):
            stays.setdefault(was, name)
    renamed = {was: name for was, name in stays.items() if was != name}
    kept = {*stays, *names}
    return renamed, tuple(name for name in _asked(before) if name not in kept)


# Names


def _names(rows: Sequence[Row], place: tuple[str | int, ...], problems: list[Problem]) -> list[str]:
    """The name of each row: as it is written, else made from its label."""
    given = [str(row.get("name") or "").strip() for row in rows]
    taken = {name for name in given if name}
    names: list[str] = []
    used: set[str] = set()
    last: dict[str, int] = {}
    for number, (row, name) in enumerate(zip(rows, given, strict=True)):
        made = name or _free(name_for(row, number), taken, last)
        where = pointer((*place, number, "name"))
        if name and name in used:
            problems.append(Problem(where, f"The name “{name}” is there twice.", "name"))
        elif not _NAME.match(made):
            problems.append(Problem(where, "A name has up to 80 characters and no point.", "name"))
        names.append(made)
        taken.add(made)
        used.add(made)
    return names


def name_for(row: Row, number: int = 0) -> str:
    """The name that a label makes."""
    return key_of(str(row.get("label") or "")) or f"question_{number + 1}"


def _free(name: str, taken: set[str], last: dict[str, int]) -> str:
    """`last`: the last number that a name got, so that nobody counts from the beginning again."""
    if name not in taken:
        return name
    number = last.get(name, 1) + 1
    while f"{name}_{number}" in taken:
        number += 1
    last[name] = number
    return f"{name}_{number}"


# Groups


def _group(
    before: Mapping[str, JSON],
    rows: Sequence[Row],
    names: Sequence[str],
    place: tuple[str | int, ...],
    problems: list[Problem],
) -> _Schema:
    known, used = _asked(before), set[str]()
    properties: _Schema = {}
    for number, (row, name) in enumerate(zip(rows, names, strict=True)):
        was = str(row.get("was") or "")
        origin = known[was] if was in known and was not in used else None
        used.add(was)
        properties[name] = _question(origin, row, (*place, number), problems)
    made: _Schema = dict(before) if before else {"type": "object"}
    if list(properties.items()) != list(known.items()):
        made["properties"] = properties
    required = _required(before, rows, names)
    if required != before.get("required", []):
        made["required"] = required
        if not required:
            del made["required"]
    return made


def _required(before: Mapping[str, JSON], rows: Sequence[Row], names: Sequence[str]) -> list[JSON]:
    """In the order it had, new ones at the end; what no question asks for stays."""
    known = _asked(before)
    now = {str(row.get("was") or ""): name for row, name in zip(rows, names, strict=True)}
    wanted = [name for row, name in zip(rows, names, strict=True) if row.get("required") is True]
    kept = []
    for name in before.get("required", []):
        if name not in known:
            kept.append(name)
        elif now.get(name) in wanted:
            kept.append(now[name])
    return [*kept, *(name for name in wanted if name not in kept)]


def _question(
    origin: JSON, row: Row, place: tuple[str | int, ...], problems: list[Problem]
) -> JSON:
    kind = _kind(row, origin)
    if kind is None:
        problems.append(Problem(pointer((*place, "kind")), "Please choose a kind.", "kind"))
        return origin if origin is not None else {}
    if kind is Kind.KEPT and origin is None:
        message = "Only a question that came with the form can be kept as it is."
        problems.append(Problem(pointer((*place, "kind")), message, "kind"))
        return {}
    if origin is not None and not isinstance(origin, Mapping):
        return origin if kind is Kind.KEPT else _begun(None, kind, row, place, problems)
    is_same = origin is not None and kind_of(origin) is kind
    if not is_same:
        return _begun(origin, kind, row, place, problems)
    return _changed(dict(origin or {}), kind, row, place, problems)


def _kind(row: Row, origin: JSON) -> Kind | None:
    given = row.get("kind")
    if not given and origin is None:
        return Kind.SHORT_TEXT
    return Kind(given) if given in set(Kind) else None


def _begun(
    origin: JSON,
    kind: Kind,
    row: Row,
    place: tuple[str | int, ...],
    problems: list[Problem],
) -> _Schema:
    """A question of another kind than before, or a new one: only its words stay."""
    words = {key: origin[key] for key in WORDS if key in origin} if origin else {}
    made = {**words, **fresh(kind)}
    return _changed(made, kind, row, place, problems, is_new=True)


def _changed(
    schema: _Schema,
    kind: Kind,
    row: Row,
    place: tuple[str | int, ...],
    problems: list[Problem],
    *,
    is_new: bool = False,
) -> _Schema:
    for aspect in ASPECTS:
        wanted = _wanted(row, aspect.name)
        must_be_said = is_new and aspect.name == "choices"
        if wanted == _plain(aspect.show(schema, kind)) and not must_be_said:
            continue
        if aspect.name not in row and not must_be_said:
            continue
        try:
            aspect.write(schema, kind, wanted)
        except Unreadable as error:
            where = pointer((*place, aspect.name))
            problems.append(Problem(where, str(error), aspect.name))
    if kind in NESTED:
        _write_inside(schema, kind, row, place, problems)
    _check_limits(schema, kind, place, problems)
    return schema


def _wanted(row: Row, name: str) -> JSON:
    value = row.get(name)
    if name in ("least", "most"):
        return None if value == "" else value
    if name == "seen":
        return value is True
    return _plain(str(value).replace("\r\n", "\n") if value is not None else "")


def _plain(value: JSON) -> JSON:
    return "" if isinstance(value, str) and not value.strip() else value


def _write_inside(
    schema: _Schema,
    kind: Kind,
    row: Row,
    place: tuple[str | int, ...],
    problems: list[Problem],
) -> None:
    inside = row.get("inside")
    rows = [one for one in inside if isinstance(one, dict)] if isinstance(inside, list) else []
    group = group_in(schema, kind)
    where = (*place, "inside")
    if not rows:
        problems.append(Problem(pointer(where), "Add at least one question here.", "inside"))
        return
    if len(place) >= 2 * DEEPEST:
        message = f"Groups can stand in each other up to {DEEPEST} deep."
        problems.append(Problem(pointer(where), message, "inside"))
        return
    made = _group(group, rows, _names(rows, where, problems), where, problems)
    if made == group and list(_asked(made)) == list(_asked(group)):
        return
    if kind is Kind.ROWS:
        schema["items"] = made
    else:
        schema.clear()
        schema.update(made)


def _check_limits(
    schema: Mapping[str, JSON],
    kind: Kind,
    place: tuple[str | int, ...],
    problems: list[Problem],
) -> None:
    limits = MEANINGS[kind].limits
    least, most = schema.get(limits.least), schema.get(limits.most)
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        message = "This is less than the smallest that is allowed."
        problems.append(Problem(pointer((*place, "most")), message, "most"))
