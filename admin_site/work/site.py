"""The frame of the work site: its entries, its numbers, its search, its inbox."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, reverse

from admin_site.base import CALM, RoleSite
from admin_site.files import hand_out
from admin_site.parts import Found, NavGroup, NavItem, Row
from admin_site.people import person_of
from admin_site.work import inbox
from admin_site.work.onward import next_of, what_happened
from admin_site.work.own import numbers_of
from admin_site.work.tasks import DONE, TaskAdmin
from operations.files import keys_in, worker_may_read
from operations.models import FileUpload, TaskInstance
from tenants.roles import TASK_WORKER

MOST_FOUND = 10
MOST_QUEUED = 100


class WorkSite(RoleSite):
    """For the people who do the steps."""

    key = "work"
    role = TASK_WORKER
    title, symbol = "Work", "task_alt"
    summary = "Do the tasks that wait for you"
    shell = CALM
    position = 20
    search_hint = "Search your tasks"

    def navigation(self, request: HttpRequest) -> Sequence[NavGroup]:
        numbers = self.counts(request)
        entries = [
            NavItem(
                "My tasks", "work:index", "task_alt",
                count=numbers["mine"], hot=bool(numbers["late"]),
                covers=[reverse("work:operations_taskinstance_changelist")],
            ),
            NavItem("Team queue", "work:queue", "group", count=numbers["queue"]),
            NavItem("Done", f"work:{DONE}", "done_all"),
        ]  # fmt: skip
        return [NavGroup("", entries)]

    def badges(self, request: HttpRequest) -> Mapping[str, int]:
        return numbers_of(person_of(request))

    def waiting(self, request: HttpRequest) -> str:
        return inbox.summary(self.counts(request), []) or "Nothing waits for you"

    def find(self, request: HttpRequest, term: str) -> Iterable[Found]:
        number = term.lstrip("#")
        words = Q(task_definition__title__icontains=term) | Q(ticket__title__icontains=term)
        if number.isascii() and number.isdecimal():
            words |= Q(ticket__number=number)
        found = TaskInstance.objects.open_to(person_of(request)).filter(words).for_lists()
        for task in found.order_by("-pk")[:MOST_FOUND]:
            meta = f"#{task.ticket.number} {task.ticket.title} · {inbox.status_of(task).word}"
            address = reverse("work:task", args=[task.pk])
            yield Found(str(task.task_definition), address, meta, "task_alt")

    # --- pages -----------------------------------------------------------------------------------

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What next? Late, today, this week; beside it what one could take."""
        person, numbers = person_of(request), self.counts(request)
        has_work = bool(numbers["mine"] or numbers["held"])
        mine = inbox.inbox_of(person) if has_work else []
        groups = inbox.grouped(mine[: inbox.MOST_SHOWN])
        queue = inbox.queue_of(person, inbox.MOST_IN_ASIDE) if numbers["queue"] else []
        return self.page(
            request, "work/inbox.html",
            title="My tasks", greeting=inbox.greeting(person), groups=groups,
            summary=inbox.summary(numbers, groups), first=_first(groups),
            is_cut=len(mine) > inbox.MOST_SHOWN, most=inbox.MOST_SHOWN, me=person,
            queue=[inbox.row_to_take(task) for task in queue], queue_size=numbers["queue"],
            done_text="" if has_work else inbox.done_in_words(person, numbers["queue"]),
        )  # fmt: skip

    def queue(self, request: HttpRequest) -> HttpResponse:
        """What nobody has, and this person may take."""
        size = self.counts(request)["queue"]
        tasks = inbox.queue_of(person_of(request), MOST_QUEUED) if size else []
        return self.page(
            request, "work/queue.html",
            title="Team queue", rows=[inbox.row_to_take(task, tells_more=True) for task in tasks],
            size=size, is_cut=size > MOST_QUEUED, most=MOST_QUEUED,
        )  # fmt: skip

    def onward(self, request: HttpRequest, key: str) -> HttpResponse:
        """Say what followed from a step that was just completed, and go to the next one."""
        person = person_of(request)
        told = what_happened(person, key)
        if told is None:
            raise Http404
        messages.add_message(request, told.level, told.text)
        following = next_of(person) if request.GET.get("to") == "next" else None
        return redirect("work:task", following.pk) if following else redirect("work:index")

    def file(self, request: HttpRequest, key: str) -> HttpResponseBase:
        """A file of a request that this person works, worked or may work on."""
        seen = worker_may_read(person_of(request), FileUpload.objects.filter(pk__in=keys_in([key])))
        return hand_out(request, seen.first())

    # --- addresses -------------------------------------------------------------------------------

    def extra_urls(self) -> list[URLPattern]:
        tasks = cast(TaskAdmin, self.get_model_admin(TaskInstance))
        return [
            path("queue/", self.admin_view(self.queue), name="queue"),
            path("done/", self.admin_view(tasks.changelist_view), name=DONE),
            path("onward/<str:key>/", self.admin_view(self.onward), name="onward"),
            path("files/<str:key>/", self.admin_view(self.file), name="file"),
        ]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """With the tasks at /tasks/: what a table is called is nobody's business here."""
        found = path("tasks/", include(self.get_model_admin(TaskInstance).urls))
        named_by_table = "operations/taskinstance/"
        others = [url for url in super().get_urls() if str(url.pattern) != named_by_table]
        return [found, *others]


def _first(groups: Sequence[Any]) -> Row | None:
    """The task to begin with; nothing of what is on hold."""
    ready = (row for group in groups if group.title != inbox.HELD for row in group.rows)
    return next(ready, None)
