"""Keys of rows as they come in addresses and forms."""

from uuid import UUID


def uuid_or_none(text: str | None) -> UUID | None:
    """What an address says is a key; anybody can type anything there."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
