"""Asks Graphviz where things belong, in a process of its own: {boxes, ways} in, places out.

Graphviz is C code with global state: a graph can keep it busy for minutes, and a fault in it would
end the web server. Here only this process ends. It gets sizes and numbers, never a word that
somebody wrote. Run by path, so that nothing of the product is loaded.
"""

import json
import sys
from contextlib import suppress
from typing import Any

POINTS_PER_INCH = 72
NO_TEXT = '<<TABLE FIXEDSIZE="TRUE" WIDTH="{}" HEIGHT="{}" BORDER="0"><TR><TD></TD></TR></TABLE>>'


def limit(memory_bytes: int, seconds: int) -> None:
    """Where the system knows such limits; elsewhere only the clock of the parent counts."""
    with suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CPU, seconds)):
            with suppress(OSError, ValueError):
                resource.setrlimit(what, (most, most))


def placed(boxes: list[list[float]], ways: list[list[float]]) -> dict[str, Any]:
    """Centres of the boxes, corners of the ways and centres of their labels, y growing downwards.

    A box is [width, height], a way [source, target, width and height of its label or 0, whether it
    goes back].
    """
    import pygraphviz

    graph = pygraphviz.AGraph(directed=True, strict=False)
    graph.graph_attr.update(rankdir="LR", nodesep="0.35", ranksep="0.55", outputorder="nodesfirst")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    for number, (wide, high) in enumerate(boxes):
        graph.add_node(number, width=wide / POINTS_PER_INCH, height=high / POINTS_PER_INCH)
    for number, (source, target, wide, high, is_back) in enumerate(ways):
        more = {"label": NO_TEXT.format(int(wide), int(high))} if wide else {}
        # From side to side; what goes back runs below the boxes.
        more |= (
            {"tailport": "s", "headport": "s"} if is_back else {"tailport": "e", "headport": "w"}
        )
        graph.add_edge(int(source), int(target), key=number, id=str(number), **more)
    found = json.loads(graph.draw(format="json0", prog="dot"))
    _, _, width, height = map(float, found["bb"].split(","))

    def point(text: str) -> list[float]:
        x, y = map(float, text.split(",")[-2:])
        return [round(x, 1), round(height - y, 1)]

    def way(edge: dict[str, str]) -> dict[str, Any]:
        # One spline: "e,x,y x,y x,y ...", its tip first.
        tip, *corners = edge["pos"].partition(";")[0].split()
        label = point(edge["lp"]) if "lp" in edge else None
        return {"tip": point(tip), "points": [point(one) for one in corners], "label": label}

    places = {row["name"]: point(row["pos"]) for row in found["objects"]}
    lines = {row["id"]: way(row) for row in found.get("edges", ())}
    return {
        "size": [round(width, 1), round(height, 1)],
        "boxes": [places[str(number)] for number in range(len(boxes))],
        "ways": [lines[str(number)] for number in range(len(ways))],
    }


def main() -> None:
    asked = json.load(sys.stdin)
    limit(asked["memory_bytes"], asked["seconds"])
    json.dump(placed(asked["boxes"], asked["ways"]), sys.stdout)


if __name__ == "__main__":
    main()
