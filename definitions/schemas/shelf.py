"""What was worked out from a document, kept by the document's content."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from definitions.schemas.problem import JSON

T = TypeVar("T")


class Shelf(Generic[T]):
    """The last used things, at most `size` of them. Several threads may ask at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._lock = Lock()

    def get(self, document: JSON, make: Callable[[JSON], T]) -> T:
        """What `make` gives for a copy of `document`; the caller may change theirs afterwards.

        Two threads may make the same thing at the same time; nothing is wrong with that.

        Raises:
            TypeError, ValueError, RecursionError: `document` is not JSON.
        """
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
        key = hashlib.sha256(text.encode()).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make(json.loads(text))
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return made
