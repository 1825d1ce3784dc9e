"""Questions that are answered with files: which they are, what they accept, what they were given.

The answer to one is the identifier of a kept file, or a list of them where the question is a list.
What is kept, and whose it is, is nothing a form knows: see `operations.files`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from definitions.file_kinds import endings_meant
from definitions.layouts.rules import MISSING, Place, value_at
from definitions.layouts.tree import Control, Layout
from definitions.schemas import JSON, pointer
from definitions.schemas.shape import WIDGET, Kind, Shape
from definitions.schemas.walking import subschemas, unfolded

FILE = "file"
#: What a question says about its files, besides `maxItems`.
ACCEPT, MOST_MEGABYTES = "x-accept", "x-max-megabytes"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FilesAsked:
    """What one question asks for.

    `several`: its answer is a list. `accepts`: endings of names; empty is whatever is taken at all.
    `most` files of `most_bytes` each, None where the question does not say.
    """

    place: Place
    several: bool = False
    accepts: frozenset[str] = frozenset()
    most_bytes: int | None = None
    most: int | None = None

    def given(self, answers: JSON) -> list[JSON]:
        """What was answered, each entry as it is: an identifier, if it is right."""
        answer = value_at(answers, self.place)
        if answer is MISSING or answer is None:
            return []
        return answer if isinstance(answer, list) else [answer]


def asks_for_file(control: Control) -> bool:
    shape = control.shape
    inside = shape.items.widget if shape.kind is Kind.LIST and shape.items else ""
    return FILE in {control.options.get("widget"), shape.widget, inside}


def files_asked(layout: Layout) -> tuple[FilesAsked, ...]:
    """The questions of a form that are answered with files, in their order."""
    return tuple(files_asked_by(one) for one in layout.controls() if asks_for_file(one))


def files_asked_by(control: Control) -> FilesAsked:
    """What a question that `asks_for_file` accepts."""
    shape = control.shape
    several = shape.kind is Kind.LIST
    return FilesAsked(
        control.place,
        several,
        accepts=endings_meant(_option(shape, ACCEPT))[0],
        most_bytes=_bytes(_option(shape, MOST_MEGABYTES)),
        most=_count(shape.get("maxItems")) if several else None,
    )


def _option(shape: Shape, name: str) -> JSON:
    """What the question says, or else what it says of each file."""
    said = shape.get(name)
    inside = shape.items if shape.kind is Kind.LIST else None
    return inside.get(name) if said is None and inside is not None else said


def _bytes(megabytes: JSON) -> int | None:
    is_number = isinstance(megabytes, int | float) and not isinstance(megabytes, bool)
    return int(megabytes * MEGABYTE) if is_number and 0 < megabytes < 1_000_000 else None


def _count(most: JSON) -> int | None:
    is_count = isinstance(most, int | float) and not isinstance(most, bool) and most >= 1
    return int(most) if is_count else None


# --- what is wrong with them ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileTrouble:
    """`path` is the place in the schema; `blocks`: nobody could answer it."""

    path: str
    message: str
    hint: str
    blocks: bool = True


def file_troubles(layout: Layout) -> Iterator[FileTrouble]:
    for control in layout.controls():
        path = pointer(control.shape.places[0]) if control.shape.places else ""
        if asks_for_file(control):
            for message, hint, blocks in _troubles_of(control):
                yield FileTrouble(path, f"“{control.title}” {message}", hint, blocks)
        elif _has_file_inside(control.shape):
            yield FileTrouble(
                path,
                f"“{control.title}” asks for a file in each entry, where none can be chosen.",
                "Ask for the file in a question of its own; a list of files takes several.",
            )


def _troubles_of(control: Control) -> Iterator[tuple[str, str, bool]]:
    """(message, hint, whether it blocks)."""
    shape = control.shape
    of_each = shape.items if shape.kind is Kind.LIST else shape
    if of_each is None or of_each.kind is not Kind.STRING:
        hint = "Give it the type string; for several files, make it a list of strings."
        yield "asks for a file, but its answer cannot be one.", hint, True
    accept = _option(shape, ACCEPT)
    endings, unknown = endings_meant(accept)
    if accept is not None and not endings:
        hint = f"Write {ACCEPT} as “.pdf, .docx, image/*”, or leave it out."
        yield "accepts no kind of file that can be sent.", hint, True
    elif unknown:
        hint = "Write endings such as “.pdf”, or groups such as “image/*”."
        yield f"accepts “{unknown[0]}”, which is no kind of file that can be sent.", hint, False
    megabytes = _option(shape, MOST_MEGABYTES)
    if megabytes is not None and _bytes(megabytes) is None:
        yield f"has {MOST_MEGABYTES} that is no number above 0.", "Write a number such as 5.", True


def _has_file_inside(shape: Shape) -> bool:
    """Whether a file is asked for somewhere in what stands on the page as one question."""
    if shape.kind not in {Kind.LIST, Kind.MAP, Kind.OBJECT, Kind.OTHER}:
        return False
    waiting: list[JSON] = [unfolded(shape.schema, place) for place in shape.places]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict) and node.get(WIDGET) == FILE:
            return True
        waiting += [inner for _, inner in subschemas(node)]
    return False
