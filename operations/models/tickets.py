"""What people ask for, numbered per company."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from definitions.models import TicketDefinition, owned_by
from operations.models.runs import WorkflowInstance
from operations.querysets import TicketQuerySet
from operations.statuses import WorkflowStatus
from tenants.models import Company, TenantManager, TenantOwned, User, start_of_list

# Outside the class: only then do the types know its methods.
TicketManager = TenantManager.from_queryset(TicketQuerySet)


class TicketCounter(models.Model):
    """The last ticket number of a company; its row is locked while the next one is taken."""

    company = models.OneToOneField(
        Company, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    last_number = models.PositiveIntegerField(default=1000)

    objects = TenantManager["TicketCounter"]()

    class Meta:
        db_table = "ticket_counters"
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"up to #{self.last_number}"


class TicketInstance(TenantOwned):
    """What somebody asked for.

    `workflow` is empty until the engine has started it. `closed_at` is when its workflow ended,
    kept here so that lists of thousands need no join to sort out the archive.
    """

    number = models.PositiveIntegerField(editable=False)
    title = models.CharField(max_length=200)
    ticket_type = owned_by(TicketDefinition, "tickets")
    workflow = owned_by(WorkflowInstance, "tickets", null=True)
    ticket_data = models.JSONField(default=dict)
    ext_ref = models.JSONField(default=start_of_list, blank=True)
    ext_key = models.CharField(max_length=200, blank=True, help_text="Its key in another system.")
    created_by = owned_by(User, "tickets", null=True)
    created_by_label = models.CharField(max_length=200, blank=True)
    # NULL where nobody gave one: an empty text would be a duplicate of the next.
    submission_key = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        editable=False,
        help_text="Makes a double click one ticket.",
    )
    has_open_error = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar["TicketManager[Any]"] = TicketManager()

    class Meta(TenantOwned.Meta):
        db_table = "ticket_instances"
        verbose_name = "ticket"
        permissions: ClassVar = [("triage_ticketinstance", "Can move, hold and cancel tickets")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "number"], name="ticket_instances_company_number"
            ),
            models.UniqueConstraint(
                fields=["company", "submission_key"], name="ticket_instances_company_submission"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["company", "-id"], condition=Q(closed_at=None), name="tickets_active"
            ),
            models.Index(
                fields=["company", "-id"],
                condition=Q(closed_at__isnull=False),
                name="tickets_archive",
            ),
            models.Index(fields=["company", "created_by", "-id"], name="tickets_asked_by"),
            models.Index(
                fields=["company", "created_at"],
                condition=Q(workflow=None),
                name="tickets_to_start",
            ),
            models.Index(fields=["company", "workflow"], name="tickets_of_workflow"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.title}"

    def form(self) -> dict[str, Any]:
        """The form that was filled in: with the fields of the version that the ticket runs on."""
        version = self.workflow.workflow_definition if self.workflow else None
        schema: dict[str, Any] = self.ticket_type.submission_schema(version)
        return schema

    @property
    def w_status(self) -> str:
        """The status of its workflow; a ticket that waits for its workflow has not started."""
        return self.workflow.w_status if self.workflow else WorkflowStatus.NOT_STARTED
