"""Text that fits: how wide it is about, where it breaks, and what may stand in a picture at all.

Nobody here knows the reader's font. The measures err on the wide side, and what is still wider is
cut off by the box it stands in.
"""

import re
import unicodedata
from collections.abc import Iterator

#: Joins the parts of one emoji or syllable; the other characters that nobody sees are dropped.
_JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Cs", "Cn", "Co")
_NARROW = frozenset("ijltfrI1.,:;'|!()[]/-` ")
_BROAD = frozenset("mwMW@%&")
ELLIPSIS = "…"
#: Longer text is cut before it is measured: it could never be shown.
MOST_READ = 400


def plain(text: object) -> str:
    """One line without control characters, turned text directions and half characters."""
    words = " ".join(str(text)[:MOST_READ].split())
    return "".join(sign for sign in words if sign in _JOINERS or not _is_unseen(sign)).strip()


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


def width_of(text: str, size: float) -> float:
    """About how wide a line is, in the unit of `size`."""
    return size * sum(map(_ems, text))


def _ems(sign: str) -> float:
    if sign in _NARROW:
        return 0.34
    if sign in _BROAD:
        return 0.92
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.1
    if unicodedata.combining(sign) or sign in _JOINERS:
        return 0.0
    return 0.7 if sign.isupper() else 0.58


def lines_of(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """At most that many lines, none wider than `width`; "…" ends what had to be cut."""
    lines = _broken(plain(text), size, width)
    found: list[str] = []
    for line in lines:
        if len(found) == most:
            found[-1] = _cut(found[-1], size, width)
            break
        found.append(line)
    return tuple(found)


def _broken(text: str, size: float, width: float) -> Iterator[str]:
    """Lines broken between words, and within a word that is wider than a line."""
    line = ""
    for word in re.findall(r"\S+", text):
        together = f"{line} {word}" if line else word
        if width_of(together, size) <= width:
            line = together
            continue
        if line:
            yield line
        *whole, line = _chopped(word, size, width)
        yield from whole
    if line:
        yield line


def _chopped(word: str, size: float, width: float) -> list[str]:
    parts, part, taken = [], "", 0.0
    for sign in word:
        wide = width_of(sign, size)
        if part and taken + wide > width:
            parts.append(part)
            part, taken = "", 0.0
        part, taken = part + sign, taken + wide
    return [*parts, part]


def _cut(line: str, size: float, width: float) -> str:
    while line and width_of(line + ELLIPSIS, size) > width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS
