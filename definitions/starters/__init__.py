"""Definitions to begin with: shipped as text, and imported like anything that a person writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenants.errors import NotFound

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Starter:
    """`key` is the name of its file here."""

    key: str
    title: str
    text: str


_STARTERS = (
    Starter("small-office", "A small office", "Buy something, time off, and something else."),
    Starter("somebody-new", "Somebody new", "Several things at once, all ready by the first day."),
)


def starters() -> Sequence[Starter]:
    return _STARTERS


def starter_text(key: str) -> str:
    """The bundle as it is written, comments included.

    Raises:
        NotFound.
    """
    if key not in {starter.key for starter in _STARTERS}:
        raise NotFound("There is no such example.")
    return (FOLDER / f"{key}.yaml").read_text(encoding="utf-8")
