"""What a verb may refuse, in words for the person who asked."""

from collections.abc import Mapping


class DomainError(Exception):
    """A verb refused to act. `message` says what was refused, what is true and what to do next.

    `fields` holds a message per form field where one field is to blame, so that a page can show
    it beside that field.
    """

    code = "refused"

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class NotAllowed(DomainError):
    """The person may not do this."""

    code = "not_allowed"


class NotFound(DomainError):
    """No such thing for this person: another company's row and a missing one read the same."""

    code = "not_found"


class EmailTaken(DomainError):
    """The address already belongs to an account (of any company)."""

    code = "email_taken"

    def __init__(self) -> None:
        message = "This e-mail address already has an account. Log in, or use another address."
        super().__init__(message, fields={"email": message})


class NoTenant(RuntimeError):
    """Tenant rows were asked for while no company is in force: a bug in the caller."""

    def __init__(self) -> None:
        super().__init__(
            "No company is in force. Wrap the code in tenant_context(company), "
            "so that it is clear whose rows it works on."
        )
