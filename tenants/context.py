"""Which company is in force: the only ContextVar, told to PostgreSQL in the same breath.

Row security reads the setting `app.company_id`. It is set for one transaction only, because a
session-wide setting would survive in a pooled connection and serve the next person.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection, transaction

from tenants.errors import NoTenant

if TYPE_CHECKING:
    from tenants.models import Company

PLATFORM = "platform"
#: A process that is frozen in the middle of a request keeps its locks no longer than this.
FROZEN_AFTER = "60s"
Work = Callable[[], object]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tenancy:
    """`label`: a company's id as text, `platform`, or "" for nobody.

    `told`: what the database has been told in the running transaction; as `label`, unless the
    company is only named so far.
    `afterwards`: what waits for the commit of the request that is being answered; None elsewhere.
    """

    label: str = ""
    told: str = ""
    afterwards: list[Work] | None = None


NOBODY = Tenancy()
_tenancy: ContextVar[Tenancy] = ContextVar("tenancy", default=NOBODY)


def current_company_id() -> UUID:
    """The company in force.

    Raises:
        NoTenant: nobody, or the platform, is in force.
    """
    label = _tenancy.get().label
    if not label or label == PLATFORM:
        raise NoTenant
    return UUID(label)


def company_in_force() -> UUID | None:
    """The company in force, or None for nobody and for the platform."""
    label = _tenancy.get().label
    return None if not label or label == PLATFORM else UUID(label)


def is_platform() -> bool:
    return _tenancy.get().label == PLATFORM


def after_the_change(work: Work) -> None:
    """Do something once the person's change is safe.

    While a request is answered that is after its commit: the company is named then, but no
    transaction is open, so the work opens its own by `tenant_context(current_company_id())`.
    Elsewhere the caller decides when to commit, so it happens at once, in the caller's transaction.
    """
    afterwards = _tenancy.get().afterwards
    if afterwards is None:
        work()
        return
    company_id = current_company_id()

    def in_its_company() -> None:
        with company_named(company_id):
            work()

    afterwards.append(in_its_company)


@contextmanager
def company_named(company_id: UUID) -> Iterator[None]:
    """Names the company and opens nothing: the work inside decides where its transactions begin, by
    `tenant_context(current_company_id())`, and whatever it would ask outside of one is refused by
    the database. For work that calls other systems, which no transaction may wait for."""
    token = _tenancy.set(Tenancy(label=str(company_id), told=_tenancy.get().told))
    try:
        yield
    finally:
        _tenancy.reset(token)


def tell_database(label: str) -> None:
    """The one place that sets the label; "" takes it away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.company_id', %s, true)", [label])


def _tell_request(label: str) -> None:
    """As `tell_database`, with an end to standing still; in a shell one may think for an hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.company_id', %s, true), "
            "set_config('idle_in_transaction_session_timeout', %s, true)",
            [label, FROZEN_AFTER],
        )


@contextmanager
def _in_force(label: str, afterwards: list[Work] | None = None) -> Iterator[None]:
    before = _tenancy.get()
    nested = connection.in_atomic_block
    # A new transaction has been told nothing; a nested context of the same company finds its label.
    told = before.told if nested else ""
    waiting = before.afterwards if afterwards is None else afterwards
    token = _tenancy.set(Tenancy(label, label, waiting))
    try:
        with transaction.atomic():
            if label != told:
                tell_database(label) if afterwards is None else _tell_request(label)
            yield
            # On an error the rollback restores the label by itself; a statement here would only
            # hide the real error behind "current transaction is aborted".
            if nested and label != told and not connection.needs_rollback:
                tell_database(told)
    finally:
        _tenancy.reset(token)


@contextmanager
def tenant_context(company: "Company | UUID | str") -> Iterator[None]:
    """Everything inside sees, and writes, the rows of this company and no other.

    Opens a transaction (a savepoint when one is open already) and carries the label in it. Do not
    keep querysets for after the block: pass ids.
    """
    company_id = company if isinstance(company, UUID | str) else company.pk
    with _in_force(str(UUID(str(company_id)))):
        yield


@contextmanager
def platform_context() -> Iterator[None]:
    """The platform's own people and log; no company's rows."""
    with _in_force(PLATFORM):
        yield


@contextmanager
def request_context(label: str) -> Iterator[None]:
    """What the middleware opens around a request; `label` as in `Tenancy`.

    What was put off until after the commit happens when the block ends, and cannot fail it:
    it carries no truth, the rows do.
    """
    afterwards: list[Work] = []
    with _in_force(label, afterwards):
        yield
        is_undone = transaction.get_rollback()
    for work in [] if is_undone else afterwards:
        try:
            work()
        except Exception:
            log.exception("Something put off until after a request failed")


def relabel(label: str) -> None:
    """Switch the rest of the running request to another label (impersonation starts from the
    platform's label, because the person who impersonates lives there)."""
    _tenancy.set(Tenancy(label, label, _tenancy.get().afterwards))
    tell_database(label)
