"""JSON (RFC 8259) as events. The standard reader recurses, and keeps neither lines nor doubles."""

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]

from definitions.documents.building import Builder

_BLANK = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[-+]?[A-Za-z_][A-Za-z_0-9]*")
_CONSTANTS = {"true": True, "false": False, "null": None}
_NOT_FINITE = {"NaN", "Infinity", "-Infinity"}
#: More digits than any 64-bit number; Python itself refuses above some thousand.
_MOST_DIGITS = 19


class JsonText:
    """Walks over the text once; `feed` tells a builder what it finds."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0

    def feed(self, builder: Builder) -> None:
        self._builder = builder
        ends: list[str] = []
        while True:
            self._skip_blank()
            if ends and self._next() == ends[-1]:
                self._close(ends)
            elif builder.expects_key:
                self._key()
                continue
            else:
                self._value(ends)
                if self._is_just_opened:
                    continue
            while ends and not self._has_more(ends[-1]):
                self._close(ends)
            if not ends:
                break
        self._skip_blank()
        if self._at < len(self._text):
            raise self._wrong(f"{self._found()} after the end of the document.")

    # One part each

    def _value(self, ends: list[str]) -> None:
        self._is_just_opened = False
        char = self._next()
        line = self._line_here()
        if char == "{" or char == "[":
            self._at += 1
            ends.append("}" if char == "{" else "]")
            (self._builder.open_group if char == "{" else self._builder.open_list)(line)
            self._is_just_opened = True
        elif char == '"':
            self._builder.scalar(self._string(), line)
        elif number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            self._number(number, line)
        else:
            self._word(line)

    def _key(self) -> None:
        line = self._line_here()
        if self._next() != '"':
            hint = "Names are in double quotes."
            if self._next() == "}":
                hint = "Remove the comma before it."
            raise self._wrong(f"A name should be here, not {self._found()}.", hint)
        name = self._string()
        self._skip_blank()
        if self._next() != ":":
            raise self._wrong(f"A colon should follow the name, not {self._found()}.")
        self._at += 1
        self._builder.key(name, line)

    def _has_more(self, end: str) -> bool:
        """After a value: true past a comma, false at the end of the group or list."""
        self._skip_blank()
        char = self._next()
        if char == end:
            return False
        if char != ",":
            raise self._wrong(f"A comma or “{end}” should be here, not {self._found()}.")
        self._at += 1
        self._skip_blank()
        if self._next() == end:
            raise self._wrong(f"A comma stands before “{end}”.", "Remove the comma.")
        return True

    def _close(self, ends: list[str]) -> None:
        ends.pop()
        self._at += 1
        self._builder.close()

    def _string(self) -> str:
        value: str
        try:
            value, self._at = scanstring(self._text, self._at + 1, True)
        except json.JSONDecodeError as error:
            self._at = min(error.pos, len(self._text))
            raise self._wrong(_words_for(error.msg)) from error
        return value

    def _number(self, number: re.Match[str], line: int) -> None:
        text = number.group()
        if number.group(1) is None and number.group(2) is None:
            if len(text.lstrip("-")) > _MOST_DIGITS:
                too_large(self._builder, text, line)
                text = "0"
            self._builder.scalar(int(text), line)
            return
        value = float(text)
        if value in (float("inf"), float("-inf")):
            too_large(self._builder, text, line)
            value = 0.0
        self._builder.scalar(value, line)

    def _word(self, line: int) -> None:
        word = _WORD.match(self._text, self._at)
        text = word.group() if word else ""
        if text in _CONSTANTS:
            self._builder.scalar(_CONSTANTS[text], line)
        elif text in _NOT_FINITE:
            not_finite(self._builder, text, line)
            self._builder.scalar(None, line)
        else:
            hint = 'Text is in double quotes: "…".' if text or self._next() == "'" else ""
            if self._text.startswith(("//", "/*", "#"), self._at):
                hint = "JSON has no comments; YAML has."
            raise self._wrong(f"A value should be here, not {self._found()}.", hint)
        self._at += len(text)

    # Where we are

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = max(self._counted, self._at)
        return self._line

    def _found(self) -> str:
        if self._at >= len(self._text):
            return "the end of the text"
        word = _WORD.match(self._text, self._at)
        shown = word.group()[:30] if word else self._text[self._at]
        return f"“{shown}”" if shown.isprintable() else f"a character U+{ord(shown[0]):04X}"

    def _wrong(self, message: str, hint: str = "") -> Exception:
        return self._builder.stop(
            "not-json", f"This is not JSON: {message}", self._line_here(), hint
        )


def too_large(builder: Builder, text: str, line: int) -> None:
    builder.add("number-too-large", f"Number too large: {text[:20]}….", line)


def not_finite(builder: Builder, text: str, line: int) -> None:
    builder.add("not-finite", f"{text} is not a finite number.", line, "Quote it if it is text.")


def _words_for(message: str) -> str:
    if message.startswith("Unterminated"):
        return "A text has no closing quote."
    if "control character" in message:
        return "A text holds a line break or another control character; write it as \\n."
    return "A text holds a backslash that means nothing; write a backslash as \\\\."
