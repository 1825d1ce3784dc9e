"""What the commands about definitions share: a file, a company, and problems on the terminal."""

from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import CommandError, OutputWrapper

from definitions.documents import Document, read_file
from definitions.errors import BundleInvalid, Problem
from tenants.context import platform_context
from tenants.models import Company


def read_document(path: str) -> Document:
    """The document in a file.

    Raises:
        BundleInvalid: it is no JSON or YAML that may be read.
        CommandError: there is no such file.
    """
    try:
        return read_file(Path(path))
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def company_by_slug(slug: str) -> Company:
    with platform_context():
        company = Company.objects.filter(slug=slug).first()
        known = ", ".join(Company.objects.order_by("slug").values_list("slug", flat=True)[:20])
    if company is None:
        raise CommandError(f"There is no company “{slug}”. Companies: {known or 'none yet'}.")
    return company


def print_problems(out: OutputWrapper, path: str, problems: Iterable[Problem]) -> None:
    """One line each: file:line, path, rule, message; a place that an editor can jump to."""
    for problem in problems:
        where = f"{path}:{problem.line}" if problem.line else path
        kind = "" if problem.blocks else "warning: "
        place = problem.path or "(whole file)"
        out.write(f"{where} {place} {problem.rule} {kind}{problem.words}")


def refusal(out: OutputWrapper, path: str, error: BundleInvalid) -> CommandError:
    """The answer to raise when a file was refused; its problems are printed."""
    print_problems(out, path, error.problems)
    count = sum(problem.blocks for problem in error.problems)
    return CommandError(f"Nothing was imported: {count} problem{'s' if count != 1 else ''}.")
