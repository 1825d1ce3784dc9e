"""Where everything belongs: asked of Graphviz once per shape of a workflow, within limits."""

import json
import logging
import os
import subprocess
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from definitions.pictures.outline import Box, Outline, Way
from definitions.pictures.texts import lines_of, width_of

log = logging.getLogger(__name__)

PROGRAM = Path(__file__).with_name("graphviz_program.py")
#: Orderly workflows of this size take a second; beyond it nobody finds anything in a picture.
MOST_STEPS, MOST_WAYS = 300, 900
#: A tangle of a hundred steps can take a minute, and a page is waited for.
SECONDS, MEMORY_BYTES = 4, 512 * 1024 * 1024
#: Graphviz processes at a time: the machine has other things to do.
AT_A_TIME = 2
MOST_KEPT = 256
#: How long it is remembered that Graphviz gave up: the machine may have been busy.
RETRY_SECONDS = 600.0

BOX_WIDTH, ROUND = 208.0, 14.0
ICON_WIDTH, MARGIN = 44.0, 14.0
TITLE_SIZE, LABEL_SIZE = 12.5, 11.5
TITLE_WIDTH = BOX_WIDTH - ICON_WIDTH - MARGIN
LABEL_WIDTH = 150.0
LINE, LABEL_LINE = 16.0, 15.0

Point = tuple[float, float]
_Asked = tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """A way: the corners of its curve (cubic), the tip of its arrow, the middle of its label."""

    points: tuple[Point, ...]
    tip: Point
    label: Point | None


@dataclass(frozen=True, slots=True)
class Placement:
    """`boxes` are middles, in the order of the outline; so are `ways`. y grows downwards."""

    width: float
    height: float
    boxes: tuple[Point, ...]
    ways: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _GaveUp:
    at: float


_kept: OrderedDict[_Asked, Placement | _GaveUp] = OrderedDict()
_lock = Lock()
_room = BoundedSemaphore(AT_A_TIME)


def why_not(drawn: Outline) -> str:
    """Why there can be no picture, in a sentence; "" where there can."""
    steps, ways = len(drawn.steps), len(drawn.ways)
    if steps > MOST_STEPS:
        return f"It has {steps:,} steps. A picture shows {MOST_STEPS} at most."
    if ways > MOST_WAYS:
        return f"It has {ways:,} ways onward. A picture shows {MOST_WAYS} at most."
    return ""


def place(drawn: Outline) -> Placement | None:
    """None where the picture would be too large, or Graphviz found no answer in time."""
    if why_not(drawn):
        return None
    asked = (tuple(map(size_of, drawn.boxes)), tuple(_way_asked(drawn, way) for way in drawn.ways))
    with _lock:
        known = _kept.get(asked)
        if isinstance(known, Placement):
            _kept.move_to_end(asked)
            return known
    if known is not None and time.monotonic() - known.at < RETRY_SECONDS:
        return None
    if not _room.acquire(timeout=SECONDS):
        return None  # not remembered: the next reader may be luckier
    try:
        found = _asked_of_graphviz(asked)
    finally:
        _room.release()
    _keep(asked, found or _GaveUp(time.monotonic()))
    return found


def _keep(asked: _Asked, found: Placement | _GaveUp) -> None:
    with _lock:
        _kept[asked] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)


# --- sizes ----------------------------------------------------------------------------------------


def size_of(box: Box) -> tuple[float, float]:
    if not box.is_step:
        return (ROUND, ROUND)
    return (BOX_WIDTH, 44.0 + LINE * len(title_lines(box)))


def title_lines(box: Box) -> tuple[str, ...]:
    return lines_of(box.title, TITLE_SIZE, TITLE_WIDTH, 2)


def label_lines(way: Way) -> tuple[str, ...]:
    return lines_of(way.label, LABEL_SIZE, LABEL_WIDTH, 2)


def label_size(way: Way) -> tuple[float, float]:
    """With the room around it; nothing where there is no label."""
    lines = label_lines(way)
    if not lines:
        return (0.0, 0.0)
    wide = max(width_of(line, LABEL_SIZE) for line in lines)
    return (float(round(wide) + 12), LABEL_LINE * len(lines) + 4)


def _way_asked(drawn: Outline, way: Way) -> tuple[float, ...]:
    return (way.source, way.target, *label_size(way), int(drawn.goes_back(way)))


# --- Graphviz -------------------------------------------------------------------------------------


def _asked_of_graphviz(asked: _Asked) -> Placement | None:
    boxes, ways = asked
    limits = {"memory_bytes": MEMORY_BYTES, "seconds": SECONDS}
    try:
        done = subprocess.run(
            # Isolated: neither the folder it is started from nor the environment decide anything.
            [sys.executable, "-I", str(PROGRAM)],
            input=json.dumps({"boxes": boxes, "ways": ways, **limits}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS + 1,
            check=True,
            # Windows starts nothing without it; passwords are none of its business.
            env={"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")},
        )
        return _read(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        log.warning("Graphviz took over %s seconds for a picture.", SECONDS)
    except subprocess.CalledProcessError as error:
        log.warning("Graphviz drew no picture: %s", error.stderr.strip()[-500:] or error)
    except (OSError, ValueError) as error:
        log.warning("Graphviz drew no picture: %s", error)
    return None


def _read(found: dict[str, Any]) -> Placement:
    width, height = found["size"]
    return Placement(
        width,
        height,
        tuple((x, y) for x, y in found["boxes"]),
        tuple(
            Line(
                tuple((x, y) for x, y in way["points"]),
                (way["tip"][0], way["tip"][1]),
                tuple(way["label"]) if way["label"] else None,
            )
            for way in found["ways"]
        ),
    )
