"""What would become of many tickets, told once for all that fare alike."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from operations.services import Preview

#: How many tickets of a group are named.
MOST_NAMED = 12


@dataclass(slots=True)
class Group:
    """Tickets that fare alike. `lines` say how; none: nothing is different for them."""

    lines: tuple[str, ...]
    tickets: list[Preview] = field(default_factory=list)

    @property
    def named(self) -> list[Preview]:
        return self.tickets[:MOST_NAMED]

    @property
    def others(self) -> int:
        return len(self.tickets) - len(self.named)

    @property
    def places(self) -> list[tuple[str, int]]:
        """(step, how many tickets are there), the most first."""
        counts = Counter(
            here for ticket in self.tickets for here in {here for here, _ in ticket.places}
        )
        return counts.most_common()


@dataclass(frozen=True, slots=True)
class Told:
    """The preview of a page. `moving`: groups that can be moved; `staying`: those that cannot."""

    moving: Sequence[Group]
    staying: Sequence[Group]

    @property
    def can_move(self) -> int:
        return sum(len(group.tickets) for group in self.moving)

    @property
    def stay(self) -> int:
        return sum(len(group.tickets) for group in self.staying)

    @property
    def number(self) -> int:
        return self.can_move + self.stay


def told(previews: Iterable[Preview]) -> Told:
    """Those that are told most first; what stays stands apart."""
    moving: dict[tuple[str, ...], Group] = {}
    staying: dict[tuple[str, ...], Group] = {}
    for one in previews:
        groups, lines = (moving, one.notes) if one.can_move else (staying, (one.refusal,))
        groups.setdefault(lines, Group(lines)).tickets.append(one)
    return Told(_most_first(moving.values()), _most_first(staying.values()))


def _most_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (not group.lines, -len(group.tickets)))
