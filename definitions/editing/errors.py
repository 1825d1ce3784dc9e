"""What cannot be changed as somebody wished."""

from tenants.errors import DomainError, NotFound


class NotThere(NotFound):
    """The document has no such part."""


class Taken(DomainError):
    """Something else has that name."""

    code = "taken"
