"""The tasks: the lists, the page on which one is done, and the verbs around it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from admin_site import html
from admin_site.base import RoleSite, TenantModelAdmin, ask
from admin_site.files import shelf_of_comments
from admin_site.people import person_of
from admin_site.schema_forms.files import KEPT
from admin_site.typed import typed_in
from admin_site.work import page
from admin_site.work.forms import CommentForm, HandOverForm, who_may_get_it
from admin_site.work.inbox import asker_of, status_of
from operations.errors import AnswersInvalid, TaskMoved
from operations.models import TaskInstance
from operations.services import (
    add_comment,
    complete_task,
    reassign_task,
    save_draft,
    start_task,
    take_task,
)
from tenants.errors import DomainError, NotFound
from tenants.models import CompanyRole, User

DONE = "done"
NOT_FREE = "This task is not free any more: somebody has taken it, or nobody needs it now."
COMMENT_WAITS = "Your comment is not sent yet. Send it (your answers stay), or empty it."


def is_done_list(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == DONE


class TaskAdmin(TenantModelAdmin):
    """What is this person's to do, what they have done, and what they may take."""

    search_fields = ("task_definition__title", "ticket__title", "ticket__number")
    search_help_text = "Task, request or number"
    ordering = (F("due_at").asc(nulls_last=True), "pk")
    sortable_by = ()
    list_per_page = 25
    small_columns = ("status",)
    change_list_template = "work/tasks.html"

    # --- whose rows ------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_ordering(self, request: HttpRequest) -> Sequence[Any]:
        return ("-pk",) if is_done_list(request) else self.ordering

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaskInstance]:
        rows, me = TaskInstance.objects.order_by(*self.get_ordering(request)), person_of(request)
        rows = rows.for_lists()
        return rows.done_by(me) if is_done_list(request) else rows.assigned_to(me).begun_or_open()

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> TaskInstance | None:
        seen = TaskInstance.objects.open_to(person_of(request)).select_related(*page.RELATED)
        seen = seen.defer("workflow_instance__root__workflow_data")
        try:
            task = seen.filter(pk=object_id).first()
        except ValidationError:
            return None
        if task is not None:  # its run is loaded once
            task.ticket.workflow = task.workflow_instance
        return task

    def url_of(self, row: Any) -> str:
        return reverse("work:task", args=[row.pk])

    # --- the lists -------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        when = "completed_at" if is_done_list(request) else "due"
        return ("what", "asked_by", "status", when)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.replace("#", " ")
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, words)
        return found

    def heading_of_list(self, request: HttpRequest) -> str:
        return "Done by me" if is_done_list(request) else "All my tasks"

    def empty_state(self, request: HttpRequest) -> dict[str, Any]:
        done = is_done_list(request)
        return {
            "title": "Nothing is done yet" if done else "All done",
            "text": "What you complete is kept here." if done else "Nothing waits for you.",
            "symbol": "done_all" if done else "local_florist",
            "href": reverse("work:index") if done else reverse("work:queue"),
            "button": "Look at my tasks" if done else "Look at the team queue",
        }

    @display(description="Task")
    def what(self, row: TaskInstance) -> SafeString:
        meta = f"#{row.ticket.number} · {row.ticket.title}"
        return html.two_lines(row.task_definition, meta, strong=True)

    @display(description="Asked by")
    def asked_by(self, row: TaskInstance) -> str:
        return asker_of(row)

    @display(description="Status")
    def status(self, row: TaskInstance) -> SafeString:
        return html.chip(status_of(row))

    @display(description="Due")
    def due(self, row: TaskInstance) -> SafeString | None:
        return None if page.is_on_hold(row) else html.due(row.due_at)

    # --- the page of one task --------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("<str:object_id>/take/", guarded(self.take), name="take"),
            path("<str:object_id>/hand-over/", guarded(self.hand_over), name="hand_over"),
            path("<str:object_id>/comment/", guarded(self.comment), name="comment"),
            path("<str:object_id>/", guarded(self.change_view), name="task"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return [*own, *urls]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        task = self.get_object(request, object_id)
        if task is None:
            return self._gone(request)
        if request.method == "POST":
            return self._act(request, task)
        return self._page(request, page.Shown(task, page.form_of(task, person_of(request))))

    def _page(self, request: HttpRequest, shown: page.Shown) -> HttpResponse:
        site: RoleSite = self.admin_site
        return site.page(request, "work/task.html", page.context(shown, person_of(request)))

    def _gone(self, request: HttpRequest) -> HttpResponse:
        """What is not theirs is not there; what they had typed for it is not lost all the same."""
        typed = typed_in(request)
        if not typed:
            raise Http404
        site: RoleSite = self.admin_site
        title = "This task is not with you"
        response = site.page(request, "work/gone.html", title=title, typed=typed)
        response.status_code = 404
        return response

    # --- doing it --------------------------------------------------------------------------------

    def _act(self, request: HttpRequest, task: TaskInstance) -> HttpResponse:
        """Start, save, or complete. Whatever is refused, what was typed stays on the page."""
        me, do = person_of(request), request.POST.get("_do", "")
        form = page.form_of(task, me, request)
        wrote = CommentForm.was_written(request)
        comment = _comment(request, task) if wrote or do == "comment" else None
        shown = page.Shown(task, form, comment=comment)
        try:
            page.must_be_fresh(task, request)
            if comment is not None and do != "comment":
                raise DomainError(COMMENT_WAITS)
            if comment is not None:
                return self._write(request, task, form, comment)
            if do in ("start", "draft"):
                return self._keep(request, me, task, form, do)
            if form.is_valid():
                complete_task(me, task, form.value, rev=task.rev)
                after = "next" if do == "next" else "list"
                return redirect(f"{reverse('work:onward', args=[task.pk])}?to={after}")
        except AnswersInvalid as refused:
            form.show_problems(refused.problems)
        except TaskMoved as moved:
            return self._moved(request, shown, moved)
        except NotFound as gone:
            raise Http404 from gone
        except DomainError as refused:
            shown = replace(shown, refused=refused.message)
        return self._page(request, shown)

    def _keep(
        self, request: HttpRequest, me: User, task: TaskInstance, form: Any, do: str
    ) -> HttpResponse:
        if do == "start" and not typed_in(request) and not _has_files(request):
            start_task(me, task)
        else:
            save_draft(me, task, form.draft)
        said = "The draft is saved." if do == "draft" else "It is marked as started."
        messages.success(request, said)
        return redirect(self.url_of(task))

    def _write(
        self, request: HttpRequest, task: TaskInstance, form: Any, comment: CommentForm
    ) -> HttpResponse:
        """Send the comment that stands beside the form, and keep what is typed in the form."""
        me = person_of(request)
        if not comment.is_valid():
            return self._page(request, page.Shown(task, form, comment=comment))
        with transaction.atomic():
            add_comment(me, task.ticket, **comment.cleaned_data)
            is_new = form.draft != page.form_of(task, me).draft
            if is_new:
                save_draft(me, task, form.draft)
        if is_new:
            messages.success(request, "The comment is sent, and the draft is saved.")
        return redirect(f"{self.url_of(task)}#comments")

    def _moved(self, request: HttpRequest, shown: page.Shown, moved: TaskMoved) -> HttpResponse:
        """Show what is new beside what was typed; sending again then works."""
        now = self.get_object(request, str(shown.task.pk)) or shown.task
        if not page.is_doable(now):
            return self._page(request, page.too_late(now, shown, person_of(request)))
        since = page.number_in(request, page.SEEN)
        return self._page(request, replace(shown, task=now, refused=moved.message, since=since))

    # --- around it -------------------------------------------------------------------------------

    def take(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Take a task that nobody has. By POST only: a link must not give anybody work."""
        task = self.get_object(request, object_id)
        if request.method != "POST":
            if task is None:
                raise Http404
            return redirect(self.url_of(task))
        try:
            if task is None:  # most likely somebody was faster; a foreign one gets the same answer
                raise NotFound(NOT_FREE)
            take_task(person_of(request), task)
        except DomainError as refused:
            messages.warning(request, refused.message)
            return redirect("work:queue")
        messages.success(request, f"“{task.task_definition}” is yours now.")
        return redirect(self.url_of(task))

    def hand_over(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give it to somebody else, with a reason. What was typed so far goes along."""
        task, me = self.get_or_404(request, object_id), person_of(request)
        if task.assigned_to != me or not page.is_doable(task):
            return redirect(self.url_of(task))
        role = str(task.task_definition.assign.get("company_role") or "")

        def give(answers: Mapping[str, Any]) -> str:
            reassign_task(me, task, answers["person"], reason=answers["reason"])
            messages.success(request, f"“{task.task_definition}” is with {answers['person']} now.")
            return reverse("work:index")

        title = CompanyRole.objects.filter(key=role).values_list("title", flat=True).first()
        return ask(
            self.admin_site, request,
            act=give, form_class=HandOverForm,
            form_kwargs={"people": who_may_get_it(role, me), "role": title or ""},
            title="Hand this task over?", button="Hand it over", back=self.url_of(task),
            explain="It leaves your list. The draft that you saved goes along.",
            subject=f"{task.task_definition} · #{task.ticket.number} {task.ticket.title}",
        )  # fmt: skip

    def comment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Write to the requester, or only to the team."""
        task = self.get_object(request, object_id)
        if task is None:
            return self._gone(request)
        here = f"{self.url_of(task)}#comments"
        if request.method != "POST":
            return redirect(here)
        form = _comment(request, task)
        if form.is_valid():
            try:
                add_comment(person_of(request), task.ticket, **form.cleaned_data)
            except DomainError as refused:
                form.refuse(refused)
            else:
                return redirect(here)
        return self._page(
            request, page.Shown(task, page.form_of(task, person_of(request)), comment=form)
        )


def _has_files(request: HttpRequest) -> bool:
    """Whether a file was chosen in the form, now or before."""
    return bool(request.FILES) or any(name.endswith(KEPT) for name in request.POST)


def _comment(request: HttpRequest, task: TaskInstance) -> CommentForm:
    """What was sent of a comment."""
    shelf = shelf_of_comments("work", person_of(request), task.ticket)
    return CommentForm(request.POST, request.FILES, shelf=shelf)
