"""What is wrong with a document, and the refusals that carry it."""

from collections.abc import Iterable, Sequence

from definitions.problems import Problem, Severity, path_in_words
from tenants.errors import DomainError

__all__ = [
    "BundleInvalid",
    "CannotPublish",
    "HasProblems",
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

    def __init__(self, problems: Iterable[Problem]) -> None:
        found = tuple(problems)
        errors = [problem for problem in found if problem.blocks]
        count = "1 problem" if len(errors) == 1 else f"{len(errors)} problems"
        first = f" {errors[0]}" if errors else ""
        super().__init__(f"Nothing was imported: {count}.{first}", found)


class CannotPublish(HasProblems):
    """The definition stays as it is."""

    code = "cannot_publish"
