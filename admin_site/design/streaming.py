"""A page that grows while a large import is under way: no script, no polling, nothing to resume.

The page's head goes out at once, then a line per stage, then how it ended. The import runs in a
transaction of its own inside of the answer: whoever closes the page before its last line has all of
it or nothing.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.html import escape

from definitions.services import Stage, Stages
from tenants.context import current_company_id, tenant_context
from tenants.errors import DomainError

#: From so many definitions or rows on; smaller imports are done before a page could be drawn.
LARGE = 200
log = logging.getLogger(__name__)
#: Stands in the page where the lines will come.
_HERE = "<!-- lines -->"


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended: words, and the one next step. `wrong`: nothing was written."""

    words: str
    href: str
    button: str
    wrong: bool = False


def growing(
    request: HttpRequest,
    page: TemplateResponse,
    stages: Callable[[], Stages[Any]],
    end: Callable[[Any], Ending],
    refused: Callable[[DomainError], Ending],
) -> StreamingHttpResponse:
    """The answer to a confirmed import.

    `page` has `{{ here }}` where lines may come; `end` is called inside of the import's transaction
    and may write, too; `refused` makes the ending where the import was refused.
    """
    company = current_company_id()
    page.context_data = {**(page.context_data or {}), "here": _HERE}
    before, _, after = page.rendered_content.partition(escape(_HERE))

    def lines() -> Iterator[str]:
        yield before
        try:
            with tenant_context(company):
                result = yield from _told(stages())
                ending = end(result)
        except DomainError as error:
            ending = refused(error)
        except Exception:  # the page has begun: it cannot become the page for errors any more
            log.exception("An import failed")
            ending = refused(DomainError("Something went wrong on our side. Please try again."))
        context = {"ending": ending}
        yield render_to_string("design/import_ended.html", context, request) + after

    return StreamingHttpResponse(lines())


def _told(stages: Stages[Any]) -> Any:
    """A line as soon as each stage is done; the result."""
    while True:
        try:
            stage: Stage = next(stages)
        except StopIteration as stop:
            return stop.value
        yield render_to_string("design/import_stage.html", {"stage": stage})
