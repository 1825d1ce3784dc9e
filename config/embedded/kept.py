"""Secrets that are made up once and kept where only their owner can read them."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path


def make_up(path: Path, names: Sequence[str]) -> None:
    """A long random text for each name."""
    write_private(path, json.dumps({name: secrets.token_urlsafe(48) for name in names}))


def read(path: Path) -> dict[str, str]:
    return dict(json.loads(path.read_text()))


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
