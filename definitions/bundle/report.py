"""What an import does, or would do: one line per definition."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from definitions.errors import Problem


class Kind(StrEnum):
    COMPANY_ROLE = "company_role"
    WORKFLOW = "workflow"
    TICKET = "ticket"

    @property
    def word(self) -> str:
        return {"company_role": "company role", "ticket": "ticket type"}.get(self, self.value)


class Effect(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Entry:
    """One definition.

    `line` says what happens to it ("v3 becomes the draft: task Approve added"), `changes` are the
    differences one by one. `place` is its JSON pointer in the bundle; `is_published`: how it ends.
    """

    kind: Kind
    key: str
    title: str
    effect: Effect
    line: str
    version: int | None = None
    changes: tuple[str, ...] = ()
    is_published: bool = False
    place: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "key": self.key,
            "title": self.title,
            "effect": self.effect.value,
            "line": self.line,
            "version": self.version,
            "changes": list(self.changes),
            "is_published": self.is_published,
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`problems` did not stop the import: errors would stop publishing, warnings are hints."""

    entries: Sequence[Entry]
    problems: Sequence[Problem] = field(default=())
    is_dry_run: bool = False

    def _with(self, effect: Effect) -> list[Entry]:
        return [entry for entry in self.entries if entry.effect == effect]

    @property
    def created(self) -> list[Entry]:
        return self._with(Effect.CREATED)

    @property
    def changed(self) -> list[Entry]:
        return self._with(Effect.CHANGED)

    @property
    def unchanged(self) -> list[Entry]:
        return self._with(Effect.UNCHANGED)

    @property
    def changes_nothing(self) -> bool:
        return not self.created and not self.changed

    def as_json(self) -> dict[str, Any]:
        """For programs: the entries in three lists, and the problems."""
        return {
            "dry_run": self.is_dry_run,
            **{
                effect.value: [entry.as_json() for entry in self._with(effect)] for effect in Effect
            },
            "problems": [problem.as_json() for problem in self.problems],
        }
