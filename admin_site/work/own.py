"""The numbers of one worker: one statement, read at most once per request."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, QuerySet
from django.utils import timezone

from operations.models import TaskInstance
from tenants.context import current_company_id
from tenants.models import Company, User

#: Counting stops here; nobody works on more.
CAP = 999


def numbers_of(person: User) -> dict[str, int]:
    """{mine, late, held, queue}: to do now, late ones among them, on hold, free to be taken."""
    mine = TaskInstance.objects.assigned_to(person)
    rows = {
        "mine": mine.doable(),
        "late": mine.doable().filter(due_at__lt=timezone.now()),
        "held": mine.on_hold(),
        "queue": TaskInstance.objects.takeable_by(person),
    }
    company = Company.objects.filter(pk=current_company_id()).order_by()
    counted = company.values_list(*(_number(found) for found in rows.values()))
    return dict(zip(rows, counted[0], strict=True))


def _number(rows: QuerySet[Any]) -> Func:
    keys = ArraySubquery(rows.order_by().values("pk")[: CAP + 1])
    return Func(keys, function="cardinality", output_field=IntegerField())
