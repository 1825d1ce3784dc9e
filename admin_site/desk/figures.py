"""Every number beside an entry or a tab of the desk, and what its filters offer: one statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, F, Func, IntegerField, QuerySet, Subquery, Value, When
from django.db.models.expressions import Expression
from django.db.models.functions import Concat, JSONObject, Trim
from django.http import HttpRequest

from definitions.models import TaskDefinition, TicketDefinition
from operations.models import TaskInstance, TicketError, TicketInstance
from tenants.context import current_company_id
from tenants.models import Company, User

Rows = Callable[[], QuerySet]  # type: ignore[type-arg]
Choices = list[tuple[str, str]]

#: Counting stops here: nobody tells 1,200 from 1,300, and such a count costs as much as a page.
CAP = 999
#: How many choices a filter opens; the search finds the rest.
MOST_CHOICES = 60

TICKETS, TASKS, ERRORS, HOME = "tickets", "tasks", "errors", "home"

_EVERYWHERE: dict[str, Rows] = {
    "active": lambda: TicketInstance.objects.active(),
    "tasks": lambda: TaskInstance.objects.active(),
    "late": lambda: TaskInstance.objects.late(),
    "unrepaired": lambda: TicketError.objects.unresolved(),
}
_OF_PAGE: dict[str, dict[str, Rows]] = {
    TICKETS: {
        "stopped": lambda: TicketInstance.objects.stopped(),
        "nobody": lambda: TicketInstance.objects.with_nobody_free(),
        "hold": lambda: TicketInstance.objects.on_hold(),
    },
    TASKS: {
        "unassigned": lambda: TaskInstance.objects.unassigned(),
    },
    ERRORS: {
        "looked_at": lambda: TicketError.objects.looked_at(),
        "repaired": lambda: TicketError.objects.repaired(),
    },
    HOME: {
        "stopped": lambda: TicketInstance.objects.stopped(),
        "unassigned": lambda: TaskInstance.objects.unassigned(),
    },
}
_WITH_CHOICES = (TICKETS, TASKS)


@dataclass(frozen=True, slots=True)
class Figures:
    """`numbers` by name; `choices` of the filters types, workers, people and steps.

    `reasons`: how many causes stopped tickets; `oldest`: when the latest task was due.
    """

    numbers: Mapping[str, int]
    choices: Mapping[str, Choices]
    reasons: int = 0
    oldest: datetime | None = None

    def shown(self, name: str) -> int | str:
        """As a tab shows it: "999+" where counting stopped."""
        number = self.numbers.get(name, 0)
        return f"{CAP}+" if number > CAP else number


def figures_of(request: HttpRequest, page: str = "") -> Figures:
    """Read at most once per request; whoever asks first says for which page."""
    known: Figures | None = getattr(request, "_desk_figures", None)
    if known is None:
        known = _read(page, _wanted_person(request))
        request._desk_figures = known  # type: ignore[attr-defined]
    return known


def _read(page: str, person: UUID | None) -> Figures:
    rows = _EVERYWHERE | _OF_PAGE.get(page, {})
    asked: dict[str, Expression | Subquery] = {
        name: _up_to_cap(get()) for name, get in rows.items()
    }
    offers = _offers(person) if page in _WITH_CHOICES else {}
    asked |= {name: ArraySubquery(offer) for name, offer in offers.items()}
    asked |= {"reasons": Subquery(_reasons()), "oldest": Subquery(_oldest())}
    company = Company.objects.filter(pk=current_company_id()).order_by()
    found = company.annotate(**{f"n_{name}": part for name, part in asked.items()}).values(
        *(f"n_{name}" for name in asked)
    )[0]
    return Figures(
        numbers={name: found[f"n_{name}"] for name in rows},
        choices={
            name: [(choice["value"], choice["label"]) for choice in found[f"n_{name}"]]
            for name in offers
        },
        reasons=found["n_reasons"] or 0,
        oldest=found["n_oldest"],
    )


def _up_to_cap(rows: QuerySet) -> Expression:  # type: ignore[type-arg]
    keys = ArraySubquery(rows.order_by().values("pk")[: CAP + 1])
    return Func(keys, function="cardinality", output_field=IntegerField())


def _reasons() -> QuerySet:  # type: ignore[type-arg]
    """For how many different causes tickets stand still."""
    errors = TicketError.objects.unresolved().order_by().values("company")
    return errors.annotate(number=Count("fingerprint", distinct=True)).values("number")


def _oldest() -> QuerySet:  # type: ignore[type-arg]
    """By when the task that is latest should have been done."""
    return TaskInstance.objects.late().order_by("due_at").values("due_at")[:1]


def _offers(person: UUID | None) -> dict[str, QuerySet]:  # type: ignore[type-arg]
    workers = User.objects.active().holding("task_worker").order_by("first_name", "last_name")
    people = User.objects.order_by(_first(person), "first_name", "last_name")
    steps = TaskDefinition.objects.filter(workflow__status="PUBLISHED")
    return {
        "types": _choices(TicketDefinition.objects.order_by("title"), F("pk"), F("title")),
        "workers": _choices(workers, F("pk"), _full_name()),
        "people": _choices(people, F("pk"), _full_name()),
        "steps": _choices(
            steps.order_by("workflow__title", "position"),
            Concat("workflow__key", Value("/"), "key"),
            Concat("title", Value(" · "), "workflow__title"),
        ),
    }


def _choices(rows: QuerySet, value: Expression | F, label: Expression | F) -> QuerySet:  # type: ignore[type-arg]
    return rows.values(choice=JSONObject(value=value, label=label))[:MOST_CHOICES]


def _first(person: UUID | None) -> Expression:
    """The person who is being filtered by stands among the choices, however many there are."""
    chosen = [When(pk=person, then=Value(0))] if person else []
    return Case(*chosen, default=Value(1), output_field=IntegerField())


def _full_name() -> Expression:
    return Trim(Concat("first_name", Value(" "), "last_name"))


def _wanted_person(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("asked_by", ""))
    except ValueError:
        return None
