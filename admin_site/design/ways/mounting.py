"""The addresses of the pages."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse

from admin_site.design.lists import DesignAdmin
from admin_site.design.ways import scenarios, table, way

if TYPE_CHECKING:
    from admin_site.design.workflows import WorkflowDesign


class WayPages(DesignAdmin):
    """The ways after a step, or after the start; the scenarios that are tried with them."""

    way_addresses: Mapping[str, str] = {
        "start_ways": "ways",
        "start_way": "ways/<str:which>",
        "step_ways": "steps/<step:key>/ways",
        "step_way": "steps/<step:key>/ways/<str:which>",
        "scenarios": "scenarios",
        "scenario": "scenarios/<str:number>",
    }

    def start_ways(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return table.table(_of(self), request, object_id, None)

    def step_ways(self, request: HttpRequest, object_id: str, key: str) -> HttpResponse:
        return table.table(_of(self), request, object_id, key)

    def start_way(self, request: HttpRequest, object_id: str, which: str) -> HttpResponse:
        return way.way(_of(self), request, object_id, None, which)

    def step_way(self, request: HttpRequest, object_id: str, key: str, which: str) -> HttpResponse:
        return way.way(_of(self), request, object_id, key, which)

    def scenarios(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return scenarios.scenarios(_of(self), request, object_id)

    def scenario(self, request: HttpRequest, object_id: str, number: str) -> HttpResponse:
        return scenarios.scenario(_of(self), request, object_id, number)


def _of(admin: Any) -> "WorkflowDesign":
    found: WorkflowDesign = admin
    return found
