"""Which places of a drawing lie on a loop. Pure."""

from collections.abc import Iterator, Mapping, Sequence


def on_loops(onward: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Nodes from which a path leads back to themselves; `onward` names every node as a key.

    Tarjan's strongly connected components with a list in the place of recursion: one pass, and a
    drawing of any length fits.
    """
    search = _Search(onward)
    for node in onward:
        search.visit(node)
    return frozenset(search.found)


class _Search:
    def __init__(self, onward: Mapping[str, Sequence[str]]) -> None:
        self.onward = onward
        self.number: dict[str, int] = {}  # in the order of discovery
        self.lowest: dict[str, int] = {}  # the earliest node that can be reached again from here
        self.pending: dict[str, None] = {}  # discovered, and not yet known to which component
        self.path: list[tuple[str, Iterator[str]]] = []
        self.found: set[str] = set()

    def visit(self, root: str) -> None:
        if root in self.number:
            return
        self._enter(root)
        while self.path:
            node, others = self.path[-1]
            fresh = next((other for other in others if self._is_fresh(node, other)), None)
            if fresh is None:
                self._leave()
            else:
                self._enter(fresh)

    def _enter(self, node: str) -> None:
        self.number[node] = self.lowest[node] = len(self.number)
        self.pending[node] = None
        self.path.append((node, iter(self.onward[node])))

    def _is_fresh(self, node: str, other: str) -> bool:
        if other in self.pending:
            self.lowest[node] = min(self.lowest[node], self.number[other])
        return other not in self.number

    def _leave(self) -> None:
        node, _others = self.path.pop()
        if self.path:
            before = self.path[-1][0]
            self.lowest[before] = min(self.lowest[before], self.lowest[node])
        if self.lowest[node] == self.number[node]:
            self._close(node)

    def _close(self, first: str) -> None:
        members: list[str] = []
        while not members or members[-1] != first:
            members.append(self.pending.popitem()[0])
        if len(members) > 1 or first in self.onward[first]:
            self.found.update(members)
