"""What is wrong with a document, and the refusals that carry it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from definitions.problems import Problem, Severity, path_in_words
from tenants.errors import DomainError

__all__ = [
    "BundleInvalid",
    "CannotPublish",
    "ChangedMeanwhile",
    "DraftExists",
    "HasProblems",
    "NotSaved",
    "Problem",
    "Severity",
    "path_in_words",
]


class HasProblems(DomainError):
    """A refusal with its reasons: all of them at once, errors before warnings."""

    code = "has_problems"

    def __init__(self, message: str, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(
            sorted(problems, key=lambda problem: not problem.blocks)
        )
        super().__init__(message)


class BundleInvalid(HasProblems):
    """The document cannot be imported; nothing was written."""

    code = "bundle_invalid"
    refused = "Nothing was imported"

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        errors = [problem for problem in found if problem.blocks]
        count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        first = f" {errors[0]}" if errors else ""
        super().__init__(f"{self.refused}: {count}.{first}", found)


class CannotPublish(HasProblems):
    """The definition stays as it is."""

    code = "cannot_publish"


class NotSaved(BundleInvalid):
    """A change that not even a draft can hold. Places are in the document that was to be saved."""

    code = "not_saved"
    refused = "Nothing was saved"


class ChangedMeanwhile(DomainError):
    """Somebody else has saved since the page was opened; nothing was overwritten.

    `who` is None where nobody of the company did it, and “You” for the same person; `changes` says
    in words what they changed, where that is known.
    """

    code = "changed_meanwhile"

    def __init__(
        self, what: str, who: str | None, when: datetime, changes: Sequence[str] = ()
    ) -> None:
        self.who, self.when, self.changes = who, when, tuple(changes)
        super().__init__(
            f"{who or 'Somebody'} {'have' if who == 'You' else 'has'} changed {what} since this "
            "page was opened. Nothing was overwritten, and what you typed is still here."
        )


class DraftExists(DomainError):
    """A published version is not changed while its next draft is there: change that."""

    code = "draft_exists"

    def __init__(self, draft: str, draft_id: UUID) -> None:
        self.draft_id = draft_id
        super().__init__(f"{draft} is a draft already. Change that one, publish it or delete it.")
