"""The first look at a bundle: the spelling, then the schema of the format. Knows no company."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from definitions.bundle.format import BUNDLE, FORMAT, checker_of, part
from definitions.bundle.spelling import Respelt, respell
from definitions.documents import Document
from definitions.errors import Problem
from definitions.linter import LONGEST_KEY
from definitions.nearest import did_you_mean
from definitions.schemas import JSON, pointer, steps
from definitions.schemas.problem import Problem as SchemaProblem

_SECTIONS = {"company_roles": "company_role", "workflows": "workflow", "tickets": "ticket"}
_INSIDE_WORKFLOW = {"tasks": "task", "transitions": "transition"}
#: A longer list helps nobody.
MOST_TOLD = 1_000
_KEYS = {"key", "workflow", "subworkflow"}


@dataclass(frozen=True, slots=True)
class Part:
    """One definition of the bundle and its place in it, such as /workflows/0."""

    place: str
    document: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.document["key"])

    @property
    def title(self) -> str:
        return str(self.document.get("title") or self.key)


@dataclass(slots=True)
class Bundle:
    """A bundle in the one spelling.

    `problems` is all that is known to be wrong so far; `wrong_members` are the names on the way to
    each. The parts may hold some of it: `usable` gives what is left of them, so that all problems
    can be told at once.
    """

    text: Document
    respelt: Respelt
    problems: list[Problem] = field(default_factory=list)
    company_roles: list[Part] = field(default_factory=list)
    workflows: list[Part] = field(default_factory=list)
    tickets: list[Part] = field(default_factory=list)
    wrong_members: dict[str, set[str]] = field(default_factory=dict)

    def usable(self, place: str, document: dict[str, Any]) -> dict[str, Any]:
        """A part without the members in which something is wrong."""
        wrong = self.wrong_members.get(place)
        if not wrong:
            return document
        return {name: value for name, value in document.items() if name not in wrong}

    def declared(self, section: str) -> set[str]:
        """Keys of a section, those of parts with problems included."""
        value = self.respelt.value
        entries = value.get(section) if isinstance(value, dict) else None
        return {
            entry["key"]
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and isinstance(entry.get("key"), str)
        }

    def keys(self) -> tuple[set[str], set[str]]:
        """Keys of the workflows and of the ticket types that have to be looked up in a company."""
        named: list[Any] = [ticket.document.get("workflow") for ticket in self.tickets]
        for workflow in self.workflows:
            tasks = workflow.document.get("tasks")
            for task in tasks if isinstance(tasks, list) else []:
                named.append(task.get("subworkflow") if isinstance(task, dict) else None)
        workflows = {key for key in named if isinstance(key, str)}
        return workflows | self.declared("workflows"), self.declared("tickets")

    def with_lines(self, problems: list[Problem]) -> list[Problem]:
        """The problems with the lines of their places, in the order of the text, each once."""
        told = sorted(problems, key=lambda problem: not problem.blocks)[:MOST_TOLD]
        found = {
            (problem.rule, problem.place, problem.message): replace(
                problem, line=self.text.line_of(self.respelt.place_in_text(problem.place))
            )
            for problem in told
        }
        return sorted(found.values(), key=lambda problem: (not problem.blocks, problem.line or 0))


def structure(text: Document) -> Bundle:
    """A bundle whose spelling and shape have been checked."""
    respelt = respell(text.value)
    bundle = Bundle(text, respelt, list(respelt.problems))
    value = respelt.value
    if not isinstance(value, dict):
        message = f"A bundle is a group with format, workflows and tickets, not {_shown(value)}."
        bundle.problems.append(Problem("wrong-type", message, hint=f"Begin with format: {FORMAT}"))
        return bundle
    if not checker_of("").accepts(value):
        reported = [problem.place for problem in respelt.problems]
        # A field with a strange name is told once: the schema only knows that its parent has it.
        reported += [p.place.rpartition("/")[0] for p in respelt.problems if p.rule == "bad-field"]
        bundle.problems += [p for p in _problems(value) if not _is_below(p.place, reported)]
    for section in _SECTIONS:
        parts = getattr(bundle, section)
        for place, entry in _entries(value, section):
            if isinstance(entry, dict) and isinstance(entry.get("key"), str):
                parts.append(Part(place, entry))
        bundle.problems += _doubles(value, section)
    for workflow in bundle.workflows:
        bundle.problems += _doubles(workflow.document, "tasks", workflow.place)
    for problem in bundle.problems:
        place = ""
        for step in steps(problem.place):
            bundle.wrong_members.setdefault(place, set()).add(step)
            place += pointer((step,))
    return bundle


def _problems(value: dict[str, Any]) -> Iterator[Problem]:
    """Part by part: a whole bundle may be larger than what is checked in one go."""
    yield from _explained("", _without(value, _SECTIONS), value)
    yield from _too_many(value, BUNDLE["properties"], _SECTIONS)
    for section, kind in _SECTIONS.items():
        for place, entry in _entries(value, section):
            if kind != "workflow" or not isinstance(entry, dict):
                yield from _explained(kind, entry, entry, place)
                continue
            yield from _explained(kind, _without(entry, _INSIDE_WORKFLOW), entry, place)
            yield from _too_many(entry, part("workflow")["properties"], _INSIDE_WORKFLOW, place)
            for inside, inner_kind in _INSIDE_WORKFLOW.items():
                for inner_place, inner in _entries(entry, inside, place):
                    yield from _explained(inner_kind, inner, inner, inner_place)


def _explained(kind: str, checked: JSON, whole: JSON, place: str = "") -> Iterator[Problem]:
    for problem in checker_of(kind).problems(checked):
        yield _in_words(problem, whole, place)


def _without(value: dict[str, Any], sections: dict[str, str]) -> dict[str, Any]:
    """With those lists emptied that are checked entry by entry."""
    return {
        name: [] if name in sections and isinstance(inner, list) else inner
        for name, inner in value.items()
    }


def _too_many(
    value: dict[str, Any], properties: dict[str, Any], sections: dict[str, str], place: str = ""
) -> Iterator[Problem]:
    for section in sections:
        entries, most = value.get(section), properties[section]["maxItems"]
        if isinstance(entries, list) and len(entries) > most:
            message = f"At most {most:,} {section}; there are {len(entries):,}."
            yield Problem("too-many", message, f"{place}/{section}")


def _entries(value: dict[str, Any], section: str, place: str = "") -> Iterator[tuple[str, JSON]]:
    entries = value.get(section)
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        yield f"{place}/{section}/{number}", entry


def _doubles(value: dict[str, Any], section: str, place: str = "") -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for where, entry in _entries(value, section, place):
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(key, str):
            continue
        if key in seen:
            message = f"The key “{key}” appears twice; it is at {section}{seen[key]} already."
            yield Problem("duplicate-key", message, f"{where}/key")
        seen.setdefault(key, f"[{where.rsplit('/', 1)[-1]}]")


def _in_words(problem: SchemaProblem, whole: JSON, place: str) -> Problem:
    """What the schema says, for somebody who writes a file and not for one who fills in a form."""
    value = _at(whole, problem.path)
    found = f" Found {_shown(value)}."
    where = place + problem.path
    name = _last_name(where)
    if problem.keyword == "required":
        return Problem("missing", f"“{name}” is missing.", where, _hint_for_missing(name))
    if name == "format" and not place:
        return Problem("unknown-format", f"The format is “{FORMAT}”.{found}", where)
    if problem.keyword == "enum" and isinstance(value, str):
        hint = problem.message.replace("Please choose one of these:", "Use one of")
        hint = _near(value, name) or hint
        return Problem("unknown-word", f"“{name}” cannot be {_shown(value)}.", where, hint)
    if problem.keyword == "pattern":
        return Problem("wrong-form", f"{_pattern_words(name)}{found}", where)
    if problem.keyword == "not" and name == "key":
        message = "A task cannot have the key “ticket”: conditions use it for the submitted form."
        return Problem("bad-key", message, where, "Choose another key.")
    if problem.keyword == "type":
        wanted = problem.message.removeprefix("This must be ").removeprefix("Please give ")
        message = f"“{name}” must be {wanted.partition(',')[0].rstrip('.')}.{found}"
        return Problem("wrong-type", message.replace("a group of answers", "a group"), where)
    return Problem("wrong-value", f"{problem.message}{found}", where)


def _last_name(place: str) -> str:
    """The name at the end of a place; an entry of a list has its number with it."""
    names = ("", *steps(place))
    return f"{names[-2]}[{names[-1]}]" if names[-1].isdecimal() else names[-1]


def _near(value: str, name: str) -> str:
    schema = part("task")["properties"].get(name, {})
    return did_you_mean(value, schema.get("enum", []))


def _pattern_words(name: str) -> str:
    if name in _KEYS:
        return f"A key has up to {LONGEST_KEY} characters: no dots, line breaks, outer blanks."
    if name == "action_url":
        return "An action calls an address that starts with https://."
    if name == "uri":
        return "A link starts with https://, http://, mailto: or urn:."
    if name == "icon":
        return "An icon is the name of a Material Symbol, such as laptop_mac."
    return "A company role's key has letters, digits, “-” and “_” only, at most 60."


def _hint_for_missing(name: str) -> str:
    if name == "format":
        return f"Begin with format: {FORMAT}"
    if name == "to":
        return "Name a task, or write null for the end."
    return ""


def _at(value: JSON, place: str) -> JSON:
    for step in steps(place):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _shown(value: JSON) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    if isinstance(value, dict):
        return "a group"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:60]}…"
    return f"“{text}”" if isinstance(value, str) else text


def _is_below(place: str, places: list[str]) -> bool:
    return any(place == other or place.startswith(f"{other}/") for other in places)
