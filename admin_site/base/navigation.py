"""The entries of a site, as the theme draws them."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpRequest
from django.urls import reverse

from admin_site.parts import NavGroup, NavItem


def drawn(groups: Sequence[NavGroup], request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation as the theme's templates read it, with exactly one entry lit."""
    shown = [(group, [item for item in group.items if _may_see(item, request)]) for group in groups]
    links = {id(item): _address(item) for _, items in shown for item in items}
    lit = _best_match([item for _, items in shown for item in items], links, request)
    return [
        {
            "title": group.title,
            "items": [_entry(item, links[id(item)], item is lit) for item in items],
        }
        for group, items in shown
        if items
    ]


def _may_see(item: NavItem, request: HttpRequest) -> bool:
    return not item.permission or request.user.has_perm(item.permission)


def _address(item: NavItem) -> str:
    path = item.url if item.url.startswith("/") else reverse(item.url)
    return f"{path}?{item.query}" if item.query else path


def _entry(item: NavItem, link: str, active: bool) -> dict[str, Any]:
    return {
        "title": item.title,
        "link": link,
        "icon": item.icon,
        "active": active,
        "has_permission": True,
        "badge": item.count or None,
        "hot": item.hot,
    }


def _best_match(
    items: Sequence[NavItem], links: Mapping[int, str], request: HttpRequest
) -> NavItem | None:
    """The longest address that leads here; among equals the one whose query says most."""
    best, best_score = None, (0, -1)
    for item in items:
        length = _length_that_leads_here(item, links[id(item)].partition("?")[0], request.path)
        wanted = parse_qs(item.query)
        asked = all(request.GET.getlist(name) == values for name, values in wanted.items())
        if length and asked and (length, len(wanted)) > best_score:
            best, best_score = item, (length, len(wanted))
    return best


def _length_that_leads_here(item: NavItem, path: str, here: str) -> int:
    """Of the entry's address, or of one that it covers; 0 when none leads here."""
    below = [path, *item.covers] if path.count("/") > 2 else item.covers
    leading = [one for one in below if here.startswith(one)]
    return max(map(len, [path, *leading] if here == path else leading), default=0)
