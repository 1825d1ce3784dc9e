"""The rows of a condition as they stand in a page, on their way in and out."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from admin_site.design.ways.values import COMPARISONS, Offered, Sort, grouped, not_known
from definitions.logic.clauses import (
    ALONE,
    MOST_ROWS,
    OF_SEVERAL,
    Clause,
    Clauses,
    Comparison,
    Day,
)
from definitions.logic.values import exact, read_date, storable_scalar

PREFIX = "c"
TODAY, ON = "today", "on"
_CHOOSE, _FILL, _DAY = "Choose a value.", "Fill in what it is compared with.", "Choose a day."
_STRANGE = "This value is not known here. Choose another one."
_NUMBER = "Write a number, such as 1000 or 2.5."
_YES_NO = (("true", "Yes"), ("false", "No"))
_LONGEST = 1_000


@dataclass(slots=True)
class Row:
    """One comparison. `raw`: what was typed or chosen; `day`: TODAY, or ON the day in `raw`.

    `is_strange`: nobody knows the value at this point, and the way did not read it before.
    """

    name: str
    value: Offered
    comparison: Comparison
    raw: Sequence[str] = ()
    day: str = ON
    error: str = ""
    is_strange: bool = False

    @property
    def comparisons(self) -> list[tuple[str, str]]:
        return [(one.value, self.value.words(one)) for one in COMPARISONS[self.value.sort]]

    @property
    def widget(self) -> str:
        """ "", "choose", "tick", "lines", "number", "day" or "line"."""
        sort, several = self.value.sort, self.comparison in OF_SEVERAL
        if self.comparison in ALONE:
            return ""
        if sort in {Sort.CHOICE, Sort.CHOICES, Sort.YES_NO}:
            return "tick" if several else "choose"
        if several:
            return "lines"
        return {Sort.NUMBER: "number", Sort.DAY: "day"}.get(sort, "line")

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        return _YES_NO if self.value.sort is Sort.YES_NO else self.value.choices

    @property
    def typed(self) -> str:
        """What stands in its one field."""
        return "\n".join(self.raw) if self.widget == "lines" else (self.raw[0] if self.raw else "")

    def clause(self) -> Clause | None:
        """What it says; None with `error` where it is not finished."""
        self.error = ""
        comparison, path = self.comparison, self.value.path
        if self.is_strange:
            self.error = _STRANGE
            return None
        if comparison in ALONE:
            return Clause(path, comparison)
        if self.value.sort is Sort.DAY:
            return self._of_day()
        values = [self._value(one) for one in self._said() if one.strip()]
        if self.error:
            return None
        if not values:
            self.error = _CHOOSE if self.widget in {"choose", "tick"} else _FILL
            return None
        return Clause(path, comparison, tuple(values) if comparison in OF_SEVERAL else values[0])

    def _of_day(self) -> Clause | None:
        if self.day == TODAY:
            return Clause(self.value.path, self.comparison, Day())
        if read_date(self.typed) is None:
            self.error = _DAY
            return None
        return Clause(self.value.path, self.comparison, Day(self.typed))

    def _said(self) -> list[str]:
        if self.widget == "lines":
            return [line for text in self.raw for line in text.splitlines()]
        return list(self.raw)

    def _value(self, text: str) -> Any:
        sort = self.value.sort
        if sort is Sort.YES_NO or self.value.choices:
            if text not in dict(self.choices):
                self.error = _CHOOSE
                return None
            return json.loads(text)
        if sort is Sort.NUMBER:
            return self._number(text)
        return read_any(text) if sort is Sort.ANY else text

    def _number(self, text: str) -> Any:
        found = read_any(text.strip().replace(",", "."))
        if isinstance(found, bool) or not isinstance(found, int | float) or exact(found) is None:
            self.error = _NUMBER
            return None
        return storable_scalar(found)


@dataclass(slots=True)
class Box:
    """Rows within the rows: all of them, or one."""

    name: str
    every: bool
    rows: list[Row] = field(default_factory=list)

    is_box = True


@dataclass(slots=True)
class Builder:
    """Everything in the builder. `every`: all parts must be true; else one is enough. `read`: paths
    that the way reads as it is saved.
    """

    values: Mapping[str, Offered]
    read: Collection[str] = ()
    every: bool = True
    parts: list[Row | Box] = field(default_factory=list)
    error: str = ""

    # In

    @classmethod
    def of(
        cls, clauses: Clauses, values: Mapping[str, Offered], read: Collection[str] = ()
    ) -> "Builder":
        builder = cls(values, read, clauses.every)
        for number, part in enumerate(clauses.parts):
            if isinstance(part, Clauses):
                inner = [
                    builder._row(f"{number}-{n}", one)
                    for n, one in enumerate(part.parts)
                    if isinstance(one, Clause)
                ]
                builder.parts.append(Box(str(number), part.every, inner))
            else:
                builder.parts.append(builder._row(str(number), part))
        return builder

    @classmethod
    def sent(
        cls, post: QueryDict, values: Mapping[str, Offered], read: Collection[str] = ()
    ) -> "Builder":
        """From a form of this page; its rows are numbered, with gaps where some were removed."""
        builder = cls(values, read, post.get(f"{PREFIX}-every") != "any")
        for number in range(MOST_ROWS):
            name = f"{PREFIX}-{number}"
            if f"{name}-path" in post:
                builder.parts.append(builder._sent_row(post, str(number)))
            elif f"{name}-every" in post:
                names = (f"{number}-{inner}" for inner in range(MOST_ROWS))
                rows = [
                    builder._sent_row(post, one) for one in names if f"{PREFIX}-{one}-path" in post
                ]
                every = post.get(f"{name}-every") != "any"
                builder.parts.append(Box(str(number), every, rows))
        builder._number()
        return builder

    def _row(self, name: str, clause: Clause) -> Row:
        comparison, value = clause.comparison, clause.value
        if comparison in (Comparison.SO, Comparison.NOT_SO):
            comparison, value = Comparison.IS, comparison is Comparison.SO
        offered = self._offered(clause.path)
        if comparison not in COMPARISONS[offered.sort]:
            offered = Offered(offered.path, offered.title, offered.whose)
        day = TODAY if isinstance(value, Day) and not value.text else ON
        raw = _raw(offered, comparison, value)
        return Row(name, offered, comparison, raw, day, is_strange=self._is_strange(clause.path))

    def _sent_row(self, post: QueryDict, name: str) -> Row:
        start = f"{PREFIX}-{name}"
        value = self._offered(post.get(f"{start}-path", "")[:_LONGEST])
        said = post.get(f"{start}-is", "")
        known = COMPARISONS[value.sort]
        comparison = Comparison(said) if said in known else known[0]
        raw = [one.replace("\r\n", "\n")[:_LONGEST] for one in post.getlist(f"{start}-value")]
        row = Row(name, value, comparison, raw, TODAY if post.get(f"{start}-day") == TODAY else ON)
        row.is_strange = self._is_strange(value.path)
        if row.widget in {"choose", "tick"}:
            row.raw = [one for one in raw if one in dict(row.choices)]
        return row

    def _offered(self, path: str) -> Offered:
        return self.values.get(path) or not_known(path)

    def _is_strange(self, path: str) -> bool:
        return path not in self.values and path not in self.read

    # What its buttons do

    def add(self, to: str = "") -> None:
        """One more row, at the end or at the end of a box."""
        rows: list[Any] = self.parts
        if to:
            rows = next((b.rows for b in self.parts if isinstance(b, Box) and b.name == to), rows)
        if sum(1 for _ in self.rows()) < MOST_ROWS and self.values:
            first = next(iter(self.values.values()))
            rows.append(Row("", first, COMPARISONS[first.sort][0]))
        self._number()

    def add_box(self) -> None:
        self.parts.append(Box("", not self.every))
        self._number()
        self.add(str(len(self.parts) - 1))
        self.add(str(len(self.parts) - 1))

    def drop(self, name: str) -> None:
        """Without this row or box; a box that is empty then goes, too."""
        kept: list[Row | Box] = []
        for part in self.parts:
            if isinstance(part, Box):
                part.rows = [row for row in part.rows if row.name != name]
            if part.name != name and not (isinstance(part, Box) and not part.rows):
                kept.append(part)
        self.parts = kept
        self._number()

    def _number(self) -> None:
        for number, part in enumerate(self.parts):
            part.name = str(number)
            for inner, row in enumerate(part.rows if isinstance(part, Box) else ()):
                row.name = f"{number}-{inner}"

    # Out

    def rows(self) -> Iterator[Row]:
        for part in self.parts:
            yield from part.rows if isinstance(part, Box) else (part,)

    def clauses(self) -> Clauses | None:
        """What it says; None with errors in its rows where it is not finished."""
        self.error = ""
        if not self.parts:
            self.error = "Add at least one row, or choose “otherwise” or “always”."
            return None
        found: list[Clause | Clauses | None] = []
        for part in self.parts:
            if isinstance(part, Box):
                inner = [row.clause() for row in part.rows]
                rows = [one for one in inner if one is not None]
                group = rows[0] if len(rows) == 1 else Clauses(tuple(rows), part.every)
                found.append(group if len(rows) == len(inner) else None)
            else:
                found.append(part.clause())
        whole = [one for one in found if one is not None]
        return Clauses(tuple(whole), self.every) if len(whole) == len(found) else None

    @property
    def groups(self) -> list[tuple[str, list[Offered]]]:
        """The values to choose from, those that are not known here last."""
        strange = {row.value.path: row.value for row in self.rows()}
        others = {path: one for path, one in strange.items() if path not in self.values}
        return [*grouped(self.values), *grouped(others)]


def _raw(value: Offered, comparison: Comparison, said: Any) -> list[str]:
    if comparison in ALONE:
        return []
    if isinstance(said, Day):
        return [said.text]
    several = list(said) if comparison in OF_SEVERAL else [said]
    if value.choices or value.sort is Sort.YES_NO:
        return [json.dumps(one) for one in several]
    return [written_any(one) if value.sort is Sort.ANY else str(one) for one in several]


def read_any(text: str) -> Any:
    """A value of which nobody knows what it is: a number, yes or no as JSON writes them, or text.

    Text that looks like one of these stands in quotation marks.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, bool | int | float | str) else text


def written_any(value: Any) -> str:
    if isinstance(value, str) and not isinstance(read_any(value), str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith('"'):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value)
