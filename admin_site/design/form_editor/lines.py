"""The lines of a layout as fields of a page, and the buttons that move them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from definitions.arrangements import (
    EFFECTS,
    END,
    KEPT,
    QUESTION,
    SECTION,
    TAB,
    TESTS,
    TEXT,
    AskedAt,
    Line,
    widgets_for,
)
from definitions.arrangements.lines import BLANK
from definitions.arrangements.rules import OWN
from definitions.schemas import Problem, steps
from definitions.schemas.shape import Kind

COUNT = "_lines"
MOST = 500
_TEXTS = ("what", "label", "text", "question", "shown_as", "effect", "when", "test", "value")
_NAMES = {
    TAB: ("Tab", "tab"),
    SECTION: ("Section", "segment"),
    END: ("End of the section", "vertical_align_bottom"),
    QUESTION: ("Question", "help_center"),
    TEXT: ("Text", "notes"),
    KEPT: ("Kept as it is", "lock"),
}
#: What the add buttons offer, in this order.
ADDED = (QUESTION, TEXT, SECTION, END, TAB)


@dataclass(slots=True)
class Shown:
    """One line as the page draws it; `name` begins the names of its fields."""

    number: int
    line: Line
    asked: Mapping[str, AskedAt]
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hints: Sequence[str] = ()
    is_first: bool = False
    is_last: bool = False
    is_fresh: bool = False

    @property
    def name(self) -> str:
        return f"line-{self.number}"

    @property
    def words(self) -> str:
        return _NAMES[self.line["what"]][0]

    @property
    def symbol(self) -> str:
        return _NAMES[self.line["what"]][1]

    @property
    def title(self) -> str:
        """What the line is about, for those who hear its buttons."""
        line = self.line
        if line["what"] == QUESTION:
            one = self.asked.get(line["question"])
            return one.title if one else "a question"
        return f"{self.words} {line['label'] or line['text'][:40]}".strip()

    @property
    def questions(self) -> list[tuple[str, str]]:
        given = self.line["question"]
        listed = [(scope, one.title) for scope, one in self.asked.items()]
        unknown = given and given not in self.asked
        return [*listed, (given, f"{given} (not in the form)")] if unknown else listed

    @property
    def is_required(self) -> bool:
        one = self.asked.get(self.line["question"])
        return one is not None and one.required

    @property
    def widgets(self) -> list[tuple[str, str]]:
        one = self.asked.get(self.line["question"])
        fitting = widgets_for(one.shape) if one else [("", "As usual")]
        given = self.line["shown_as"]
        known = {widget for widget, _ in fitting}
        return fitting if given in known else [*fitting, (given, given)]

    @property
    def deciders(self) -> list[tuple[str, str]]:
        """Questions whose answer a rule can look at: not its own."""
        own = self.line["question"] if self.line["what"] == QUESTION else ""
        return [
            (scope, one.title)
            for scope, one in self.asked.items()
            if scope != own and one.shape.kind is not Kind.OBJECT
        ]

    @property
    def tests(self) -> list[tuple[str, str]]:
        is_own = self.line["test"] == OWN
        return [(test, words) for test, words in TESTS.items() if test != OWN or is_own]

    @property
    def effects(self) -> list[tuple[str, str]]:
        return [("", "Always ask"), *EFFECTS.items()]

    @property
    def values(self) -> list[str]:
        """Answers that can be compared with, to choose from while typing."""
        one = self.asked.get(self.line["when"])
        return [choice.title for choice in one.choices] if one else []

    @property
    def has_rule(self) -> bool:
        return bool(self.line["effect"])

    @property
    def can_be_beside(self) -> bool:
        return not self.is_first and self.line["what"] in (QUESTION, TEXT)

    @property
    def is_open(self) -> bool:
        """Whether what is rarely needed is in sight."""
        line = self.line
        more = line["label"] if line["what"] == QUESTION else ""
        wrong = set(self.errors) - {"question", "what"}
        return bool(more or line["shown_as"] or line["effect"] or wrong) and line["what"] != KEPT


def read_lines(sent: QueryDict) -> list[Line]:
    """The lines that a browser sent, in the order in which they stood on the page."""
    text = sent.get(COUNT, "")
    count = min(int(text), MOST) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    return [line for number in range(count) if (line := _line(sent, f"line-{number}")) is not None]


def _line(sent: QueryDict, name: str) -> Line | None:
    given = {part: sent.get(f"{name}-{part}", "").replace("\r\n", "\n") for part in _TEXTS}
    if given["what"] not in _NAMES:
        return None
    was = sent.get(f"{name}-was")
    return {
        **BLANK,
        **given,
        "beside": f"{name}-beside" in sent,
        "was": was.removeprefix("#") if was and was.startswith("#") else None,
        "note": sent.get(f"{name}-note", ""),
    }


def moved(lines: list[Line], do: str, asked: Mapping[str, AskedAt]) -> tuple[list[Line], int]:
    """The lines after a button ("up:3", "add:text", …), and the number of the line it left."""
    verb, _, rest = do.partition(":")
    number = int(rest) if rest.isascii() and rest.isdecimal() and len(rest) < 6 else -1
    if verb == "add":
        return _added(lines, rest, asked)
    if verb == "place" and rest in asked:
        return [*lines, {**BLANK, "question": rest}], len(lines)
    if verb == "move":
        return _carried(lines, rest)
    if not 0 <= number < len(lines):
        return lines, -1
    if verb == "remove":
        return [*lines[:number], *lines[number + 1 :]], min(number, len(lines) - 2)
    to = {"up": number - 1, "down": number + 1}.get(verb, number)
    return _put(lines, number, to)


def _added(lines: list[Line], what: str, asked: Mapping[str, AskedAt]) -> tuple[list[Line], int]:
    if what not in ADDED:
        return lines, -1
    new = {**BLANK, "what": what}
    if what == QUESTION:
        new["question"] = next(iter(left_over(lines, asked)), "")
    return [*lines, new], len(lines)


def _carried(lines: list[Line], rest: str) -> tuple[list[Line], int]:
    source, _, target = rest.partition(":")
    if not (source.isdecimal() and target.isdecimal() and len(rest) < 12):
        return lines, -1
    return _put(lines, int(source), int(target))


def _put(lines: list[Line], source: int, target: int) -> tuple[list[Line], int]:
    if not (0 <= source < len(lines) and 0 <= target < len(lines)):
        return lines, source
    others = [*lines[:source], *lines[source + 1 :]]
    return [*others[:target], lines[source], *others[target:]], target


def left_over(lines: Sequence[Line], asked: Mapping[str, AskedAt]) -> dict[str, AskedAt]:
    """Questions that stand nowhere; those inside a group that stands somewhere stand with it."""
    placed = {line["question"] for line in lines if line["what"] == QUESTION}
    kept = " ".join(str(line["note"]) for line in lines if line["what"] == KEPT)
    return {
        scope: one
        for scope, one in asked.items()
        if scope not in placed
        and one.title not in kept
        and not any(scope.startswith(f"{other}/") for other in placed)
        and not (one.shape.kind is Kind.OBJECT and _is_begun(scope, placed))
        and not _is_inside(scope, asked)
    }


def _is_begun(scope: str, placed: set[str]) -> bool:
    return any(other.startswith(f"{scope}/") for other in placed)


def _is_inside(scope: str, asked: Mapping[str, AskedAt]) -> bool:
    """Questions of a group are offered as the group."""
    return any(scope.startswith(f"{other}/") for other in asked)


def shown(
    lines: Sequence[Line],
    asked: Mapping[str, AskedAt],
    problems: Sequence[Problem],
    hints: Mapping[int, Sequence[str]],
    fresh: int = -1,
) -> list[Shown]:
    errors: dict[int, dict[str, list[str]]] = {}
    for problem in problems:
        number, part = steps(problem.path)
        errors.setdefault(int(number), {}).setdefault(part, []).append(problem.message)
    last = len(lines) - 1
    return [
        Shown(
            number, line, asked, errors.get(number, {}), hints.get(number, ()),
            number == 0, number == last, number == fresh,
        )
        for number, line in enumerate(lines)
    ]  # fmt: skip


def numbered(lines: Sequence[Line], places: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Which line each place of a layout belongs to: the deepest element around it."""
    for place in places:
        around = [
            (len(line["was"]), number)
            for number, line in enumerate(lines)
            if line["was"] is not None
            and (place == line["was"] or place.startswith(f"{line['was']}/"))
        ]
        yield (max(around)[1] if around else -1), place
