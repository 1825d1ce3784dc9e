"""How an issue form is arranged: headings of its texts begin groups, other texts stay texts."""

from collections.abc import Iterable, Iterator
from typing import Any

from definitions.issue_forms.elements import Element
from definitions.issue_forms.markdown import as_help, heading_and_rest
from definitions.schemas import pointer

_Layout = dict[str, Any]


def layout_of(found: Iterable[Element], sources: dict[str, str], place: str) -> _Layout | None:
    """The arrangement; None where there is nothing but questions. Adds to `sources`."""
    groups = [group for group in _grouped(found) if group.elements or group.heading or group.text]
    if not any(group.heading or group.text or group.has_texts for group in groups):
        return None
    drawn: list[_Layout] = []
    for group in groups:
        for element, where in group.drawn(f"{place}/elements", len(drawn)):
            sources |= where
            drawn.append(element)
    return {"type": "VerticalLayout", "elements": drawn}


class _Group:
    """A heading with its text, and what stands below it until the next heading."""

    def __init__(self, place: str, heading: str = "", text: str = "") -> None:
        self.place, self.heading, self.text = place, heading, text
        self.elements: list[Element] = []

    @property
    def has_texts(self) -> bool:
        return any(element.kind == "markdown" for element in self.elements)

    def drawn(self, place: str, number: int) -> Iterator[tuple[_Layout, dict[str, str]]]:
        """Its elements from that number on, each with what its places were made of."""
        inside = [_drawn(element) for element in self.elements]
        if not self.heading:
            for count, (layout, element) in enumerate(zip(inside, self.elements, strict=True)):
                yield layout, {f"{place}/{number + count}": element.place}
        elif not inside:
            text = f"**{self.heading}**" + (f"\n{self.text}" if self.text else "")
            yield {"type": "Label", "text": text}, {f"{place}/{number}": self.place}
        else:
            group: _Layout = {"type": "Group", "label": self.heading}
            if self.text:
                group["description"] = self.text
            where = {
                f"{place}/{number}/elements/{count}": element.place
                for count, element in enumerate(self.elements)
            }
            yield {**group, "elements": inside}, {f"{place}/{number}": self.place, **where}


def _grouped(found: Iterable[Element]) -> list[_Group]:
    groups = [_Group("/body")]
    for element in found:
        if element.kind != "markdown":
            groups[-1].elements.append(element)
            continue
        heading, rest = heading_and_rest(element.text)
        if heading:
            groups.append(_Group(element.place, heading, as_help(rest)))
        elif as_help(rest):
            groups[-1].elements.append(element)
    return groups


def _drawn(element: Element) -> _Layout:
    if element.kind == "markdown":
        return {"type": "Label", "text": as_help(element.text)}
    scope = "#" + pointer(("properties", element.key))
    return {"type": "Control", "scope": scope}
