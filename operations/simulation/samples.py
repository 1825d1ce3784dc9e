"""What stands in for files where nobody has sent one: in trials, scenarios and replays."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

SAMPLE_FILE = {"name": "sample.pdf", "type": "application/pdf", "size": 12_345}


class SampleFiles(Mapping[str, Mapping[str, Any]]):
    """Whatever is written as an identifier is the sample: a trial knows none of the real files."""

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        if not _is_identifier(key):
            raise KeyError(key)
        return SAMPLE_FILE

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _is_identifier(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
