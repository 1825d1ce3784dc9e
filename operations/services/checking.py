"""What every verb asks first: may this person, and can this be kept?"""

from typing import Any

from definitions.schemas import check_storable, problems
from operations.errors import AnswersInvalid
from tenants.errors import DomainError, NotAllowed
from tenants.models import User

#: What somebody answered: the values of a form by their names.
Answers = dict[str, Any]


def must(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")


def must_say_why(reason: str, field: str = "reason") -> None:
    if not reason.strip():
        raise DomainError(
            "Say why, in a few words. It goes into the history.",
            fields={field: "This is required."},
        )
    must_be_storable({field: reason})


def must_fit(schema: Any, answers: Answers) -> None:
    must_be_storable(answers)
    if found := problems(schema, answers):
        raise AnswersInvalid(found)


def must_be_storable(value: Any) -> None:
    if found := check_storable(value):
        raise AnswersInvalid(found)
