"""What a browser sends for a form of a page: every control, filled in or as it was."""

from collections.abc import Mapping
from html.parser import HTMLParser

from django.http import QueryDict

_TICKED = ("checkbox", "radio")
_NEVER_SENT = ("submit", "button", "image", "reset", "file")


class FormOnPage(HTMLParser):
    """The controls of the form with the given id. Scripts run: what is in <noscript> is not there.

    Attributes are those of HTML: `values` is what is sent if nobody touches anything.
    """

    def __init__(self, page: str, form_id: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._form_id = form_id
        self._is_inside = False
        self._silent = 0
        self._text: str | None = None
        self._select: tuple[str, list[str]] | None = None
        self.ticked: set[str] = set()
        self.feed(page)

    def sent_with(self, answers: Mapping[str, list[str]]) -> QueryDict:
        """Somebody fills in `answers` and empties every other question."""
        data = QueryDict(mutable=True)
        for name, texts in self.values.items():
            is_own = name.startswith("_") or name == "csrfmiddlewaretoken"
            if name in answers:
                data.setlist(name, answers[name])
            elif is_own:
                data.setlist(name, texts)
            elif name not in self.ticked:
                data.setlist(name, [""])
        for name in answers.keys() - self.values.keys():
            data.setlist(name, answers[name])
        return data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = given.get("id") == self._form_id
        if tag == "noscript":
            self._silent += 1
        if not self._is_inside or self._silent:
            return
        name = given.get("name") or ""
        if tag == "input" and name and (given.get("type") or "text") not in _NEVER_SENT:
            self._input(name, given)
        elif tag == "textarea" and name:
            self._text = name
            self.values[name] = [""]
        elif tag == "select" and name:
            self._select = (name, [])
        elif tag == "option" and self._select is not None and "selected" in given:
            self._select[1].append(given.get("value") or "")

    def _input(self, name: str, given: Mapping[str, str | None]) -> None:
        value = given.get("value")
        if given.get("type") in _TICKED:
            self.ticked.add(name)
            texts = self.values.setdefault(name, [])
            if "checked" in given:
                texts.append("on" if value is None else value)
        else:
            self.values[name] = [value or ""]

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self.values[self._text] = [data.removeprefix("\n")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "noscript":
            self._silent -= 1
        elif tag == "textarea":
            self._text = None
        elif tag == "select" and self._select is not None:
            name, chosen = self._select
            self.values[name] = chosen or [""]
            self._select = None
        elif tag == "form":
            self._is_inside = False
