"""Names and sizes of files. Pure."""

import unicodedata

LONGEST_NAME = 200
NAMELESS = "file"
MEGABYTE = 1024**2
_UNITS = ((1024**3, "GB"), (MEGABYTE, "MB"), (1024, "KB"))


def clean_name(name: str) -> str:
    """The name without folders, and without characters that are no letters but say how others are
    shown (controls, changes of direction): "gnp.\\u202egpj" is not what it looks like.
    """
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(" " if char.isspace() else char for char in last if _is_shown(char))
    text = " ".join(shown.split()).strip(". ") if shown.strip(". ") else ""
    if not text:
        return NAMELESS
    if len(text) <= LONGEST_NAME:
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > 10:
        return text[:LONGEST_NAME]
    return f"{stem[: LONGEST_NAME - len(ending) - 2]}….{ending}"[:LONGEST_NAME]


def _is_shown(char: str) -> bool:
    # Cc controls, Cf formats (changes of direction), Cs half characters, Co and Cn nobody's.
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def size_in_words(size: int) -> str:
    """1.4 MB, 12 KB, 900 bytes."""
    for unit, word in _UNITS:
        if size >= unit:
            count = size / unit
            exact = f"{count:.0f}" if count >= 10 else f"{count:.1f}".removesuffix(".0")
            return f"{exact} {word}"
    return f"{size} byte" if size == 1 else f"{size} bytes"
