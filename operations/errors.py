"""What the verbs on tickets and tasks may refuse."""

from collections.abc import Sequence

from definitions.schemas import Problem
from tenants.errors import DomainError


class AnswersInvalid(DomainError):
    """The answers do not fit the form. `problems` names each place as a JSON pointer."""

    code = "answers_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        fields = {problem.path: problem.message for problem in self.problems}
        count = len(self.problems)
        super().__init__(
            f"{count} answer{'' if count == 1 else 's'} cannot be accepted.", fields=fields
        )


class TaskMoved(DomainError):
    """The task is not what the page showed: somebody else was faster, or the ticket went another
    way.
    """

    code = "task_moved"
