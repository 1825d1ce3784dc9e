"""The browser for the journeys: a Chromium that the machine has; none is downloaded."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """Its path: $CHROMIUM, or the first one of the usual names on the search path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def in_a_sentence() -> str:
    path = find_chromium()
    if path:
        return f"browser journeys: with {path}"
    return (
        "browser journeys: SKIPPED, no Chromium found. Install one (Debian: apt-get install "
        "chromium), or set CHROMIUM to its path."
    )
