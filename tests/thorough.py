"""Of what is much alike, `make test` takes some, and `make thorough` everything."""

import os
from collections.abc import Iterable
from typing import TypeVar

THOROUGH = os.environ.get("THOROUGH", "0") != "0"

One = TypeVar("One")


def some(things: Iterable[One], *, one_in: int, start: int = 0) -> list[One]:
    """Every so many-th, spread over the whole and the same ones each time; all when thorough.

    With another `start` for each place that they are tried in, all of them are tried in some.
    """
    return list(things) if THOROUGH else list(things)[start % one_in :: one_in]
