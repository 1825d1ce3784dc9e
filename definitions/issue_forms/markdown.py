"""What stands between the questions of an issue form, as far as our forms can show it.

Our help texts know links, **bold** and `code` (schema_forms.texts). Headings become headings of
groups; comments, fences and pictures are made plain.
"""

import re

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"[ ]{0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#*)?[ \t]*\Z")
_FENCE = re.compile(r"[ ]{0,3}(?:```+|~~~+)[^`]*\Z")
_PICTURE = re.compile(r"!\[([^\[\]\n]{0,200})\]\(([^()\s]{1,1000})(?:[ \t][^()\n]{0,200})?\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,200})\]\(([^()\s]{1,1000})(?:[ \t][^()\n]{0,200})?\)")
_MARKS = re.compile(r"\*\*|__|`")


def without_comments(text: str) -> str:
    return _COMMENT.sub("", text)


def heading_and_rest(text: str) -> tuple[str, str]:
    """The heading that a text begins with, and what follows it; "" where there is none."""
    text = without_comments(text).strip()
    first, _, rest = text.partition("\n")
    found = _HEADING.match(first)
    if found is None or not found.group(2):
        return "", text
    return plain(found.group(2)), rest.strip()


def as_help(text: str) -> str:
    """A text for below a heading or a question: other headings become bold lines."""
    lines = []
    for line in without_comments(text).strip().split("\n"):
        if _FENCE.match(line):
            continue
        found = _HEADING.match(line)
        lines.append(f"**{plain(found.group(2) or '')}**" if found else line)
    return re.sub(r"\n{3,}", "\n\n", _PICTURE.sub(_picture, "\n".join(lines))).strip()


def plain(text: str) -> str:
    """For places where no mark is shown: labels of choices, headings."""
    text = _LINK.sub(r"\1", _PICTURE.sub(r"\1", without_comments(text)))
    return " ".join(_MARKS.sub("", text).split())


def links_in(text: str) -> list[str]:
    """The links of a text, each as Markdown."""
    return [f"[{words}]({address})" for words, address in _LINK.findall(text)]


def _picture(found: re.Match[str]) -> str:
    words, address = found.group(1) or "picture", found.group(2)
    return f"[{words}]({address})" if address.startswith(("https://", "http://")) else words
