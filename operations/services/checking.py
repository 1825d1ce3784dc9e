"""What every verb asks before it acts: is there a reason, and can this be kept?"""

from typing import Any

from django.utils import timezone

from definitions.layouts import checked
from definitions.schemas import check_storable
from operations.errors import AnswersInvalid
from tenants.errors import DomainError

#: What somebody answered: the values of a form by their names.
Answers = dict[str, Any]


def must_say_why(reason: str, field: str = "reason") -> None:
    if not reason.strip():
        raise DomainError(
            "Say why, in a few words. It goes into the history.",
            fields={field: "Please fill this in."},
        )
    must_be_storable({field: reason})


def must_fit(schema: Any, answers: Answers, layout: Any = None) -> Answers:
    """The answers without those to questions that a rule of the form hides; nobody is asked for
    those, so they are not missed either.

    Raises:
        AnswersInvalid: the rest is not what the form asks for.
    """
    must_be_storable(answers)
    found = checked(schema, layout, answers, now=timezone.now())
    if found.problems:
        raise AnswersInvalid(list(found.problems))
    fitting: Answers = found.value
    return fitting


def must_be_storable(value: Any) -> None:
    if found := check_storable(value):
        raise AnswersInvalid(found)
