"""How the theme is set up: the same colours, icons and files for every site and public page."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static

from tenants import impersonation

BRAND = "TicketFlower"
FLOWER = "local_florist"

# Iris violet, free of any status meaning; white on 600 and all text measure at least 4.5 : 1.
# {step: (lightness in %, chroma)}
_PRIMARY = {
    50: (97.6, 0.013), 100: (94.9, 0.027), 200: (90.4, 0.052), 300: (82.8, 0.094),
    400: (72.8, 0.14), 500: (62.5, 0.178), 600: (53.5, 0.19), 700: (46.4, 0.172),
    800: (39.6, 0.145), 900: (33.2, 0.114), 950: (24.4, 0.082),
}  # fmt: skip
_NEUTRAL = {
    50: (98.4, 0.002), 100: (96.6, 0.003), 200: (92.3, 0.005), 300: (87.0, 0.007),
    400: (70.6, 0.013), 500: (53.5, 0.015), 600: (43.8, 0.015), 700: (36.6, 0.013),
    800: (27.4, 0.010), 900: (20.5, 0.009), 950: (14.4, 0.007),
}  # fmt: skip


def _shades(table: dict[int, tuple[float, float]], hue: int) -> dict[str, str]:
    return {str(step): f"oklch({light}% {chroma} {hue})" for step, (light, chroma) in table.items()}


COLORS: dict[str, dict[str, str]] = {
    "base": _shades(_NEUTRAL, 286),
    "primary": _shades(_PRIMARY, 288),
    "font": {
        "subtle-light": "var(--color-base-500)",
        "subtle-dark": "var(--color-base-400)",
        "default-light": "var(--color-base-600)",
        "default-dark": "var(--color-base-300)",
        "important-light": "var(--color-base-900)",
        "important-dark": "var(--color-base-100)",
    },
}
BORDER_RADIUS = "8px"


def styles() -> list[str]:
    return [static("admin_site/ticketflower.css")]


def scripts() -> list[str]:
    return [static("admin_site/ticketflower.js")]


def favicons() -> list[dict[str, str]]:
    return [{"rel": "icon", "type": "image/svg+xml", "href": static("admin_site/favicon.svg")}]


def frame(request: HttpRequest, **more: Any) -> dict[str, Any]:
    """What a page without a site needs to draw the theme's skeleton. Asks the database nothing."""
    return {
        "site_title": BRAND,
        "site_url": "/",
        "colors": COLORS,
        "border_radius": BORDER_RADIUS,
        "styles": styles(),
        "scripts": scripts(),
        "site_favicons": favicons(),
        "shell": "calm",
        "request": request,
        # A request that was refused at the door has no session.
        "impersonation": impersonation.banner(request) if hasattr(request, "session") else None,
        **more,
    }
