"""Help texts of definitions as HTML: everything escaped, then a few safe marks of Markdown."""

import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

#: `[words](https://address)`, a bare address, **bold**, `code`. All linear: nothing nests.
_MARKS = re.compile(
    r"\[(?P<words>[^\[\]\n]{1,200})\]\((?P<link>https?://[^\s()<>\"]{1,1000})\)"
    r"|(?P<bare>https?://[^\s<>\"]{1,1000})"
    r"|\*\*(?P<bold>[^*\n]{1,500})\*\*"
    r"|`(?P<code>[^`\n]{1,500})`"
)


def help_html(text: str) -> SafeString:
    """A help text for a page. Links are http(s) only, and open beside the form."""
    parts: list[str] = []
    end = 0
    for found in _MARKS.finditer(text):
        parts.append(escape(text[end : found.start()]))
        parts.append(_marked(found))
        end = found.end()
    parts.append(escape(text[end:]))
    return mark_safe("".join(parts).replace("\n", "<br>"))  # noqa: S308 - every part is escaped


def link_html(address: str, words: str = "") -> SafeString:
    """A link to another site; plain text if the address is anything but http(s)."""
    shown = escape(words or address)
    if not is_web_address(address):
        return shown
    opening = (
        f'<a class="tf-link" href="{escape(address)}" target="_blank" rel="noopener noreferrer">'
    )
    return mark_safe(f"{opening}{shown}</a>")  # noqa: S308 - both parts are escaped


def is_web_address(text: str) -> bool:
    return bool(re.match(r"https?://[^\s<>\"]+\Z", text, re.IGNORECASE))


def _marked(found: re.Match[str]) -> str:
    if found["link"]:
        return link_html(found["link"], found["words"])
    if found["bare"]:
        address = found["bare"].rstrip(".,;:!?)'")
        return link_html(address) + escape(found["bare"][len(address) :])
    if found["bold"]:
        return f"<strong>{escape(found['bold'])}</strong>"
    return f"<code>{escape(found['code'])}</code>"
