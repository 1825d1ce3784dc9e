"""Of what is much alike, `make test` takes some, and `make thorough` everything."""

import os
from collections.abc import Iterable
from typing import TypeVar

THOROUGH = os.environ.get("THOROUGH", "0") != "0"

One = TypeVar("One")


def some(things: Iterable[One], *, one_in: int) -> list[One]:
    """Every so many-th, spread over the whole and the same ones each time; all when thorough."""
    return list(things)[:: 1 if THOROUGH else one_in]
