"""What a person reads on a page."""

import re
from typing import Any

_SCRIPTS = re.compile(r"<(script|style).*?</\1>", re.DOTALL)
_SYMBOLS = re.compile(r"<span class=\"material-symbols[^<]*</span>")


def text_of(response: Any) -> str:
    """The words of the main part: without markup and symbols, blanks put together."""
    page = _SCRIPTS.sub(" ", response.content.decode())
    main = page.partition("<main>")[2].partition("</main>")[0] or page
    words = re.sub(r"<[^>]+>", " ", _SYMBOLS.sub(" ", main))
    return re.sub(r"\s+", " ", words).strip()
