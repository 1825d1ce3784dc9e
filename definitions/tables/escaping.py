"""Text that a spreadsheet leaves alone, and that comes back as it was.

Spreadsheets run what begins with a formula's sign (OWASP "CSV injection"). An apostrophe before it
makes it text to all of them; reading takes exactly that one away again.
"""

import re

#: Besides the four signs: what some programs drop before they look (tab, breaks), the signs of
#: full width, which some take for the plain ones, and `|` and `%` of old data links.
_SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%"
_RISKY = re.compile(f"'*[{_SIGNS}]")
_ESCAPED = re.compile(f"'+[{_SIGNS}]")
#: Characters that XML cannot hold, a carriage return (a reader of XML makes it a line feed), and
#: what looks like such an escape itself (ECMA-376, 22.9.2.19).
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_IN_XML = re.compile("_x([0-9A-Fa-f]{4})_")


def without_formula(text: str) -> str:
    """What a cell may hold so that no spreadsheet runs it."""
    return f"'{text}" if _RISKY.match(text) else text


def as_it_was(text: str) -> str:
    """The other way round."""
    return text[1:] if _ESCAPED.match(text) else text


def for_xml(text: str) -> str:
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def from_xml(text: str) -> str:
    if "_x" not in text:
        return text
    return _IN_XML.sub(lambda found: chr(int(found.group(1), 16)), text)
