"""What can happen. A `WorkflowDefinition` row is one version, with its tasks and transitions.

Published versions never change (`services` makes the next draft instead), so a running ticket can
point at the row it started with and a process may keep its graph for as long as it likes.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition
from guardian.managers import GroupObjectPermissionManager
from guardian.models import GroupObjectPermissionBase

from definitions.columns import DocumentField
from definitions.graph import (
    EXTRA_WORDS,
    NODE_WORDS,
    After,
    Edge,
    Join,
    Split,
    TaskNode,
    TaskType,
    WorkflowGraph,
    node_of,
)
from definitions.schemas import schema_from_fields
from tenants.models import TenantManager, TenantOwned, User, start_of_list


def key_field() -> "models.CharField[str, str]":
    """The name that documents, conditions and addresses use."""
    return models.CharField(max_length=80)


def owned_by(
    to: str | type[models.Model], related_name: str, **options: Any
) -> "models.ForeignKey[Any, Any]":
    """A foreign key inside the company.

    The database constraint is the composite one of the migration (`same_company`): Django's own
    would accept another company's row.
    """
    options.setdefault("on_delete", models.PROTECT)
    return models.ForeignKey(to, related_name=related_name, db_constraint=False, **options)


class DefinitionStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    PUBLISHED = "PUBLISHED", "Published"
    ARCHIVED = "ARCHIVED", "Archived"


def words_for(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """The choices of a column whose values the pure modules define."""
    return [(value.value, text) for value, text in words.items()]


TASK_TYPES = words_for(
    {
        TaskType.FORM: "A person fills in a form",
        TaskType.SYNC_ACTION: "Calls a system and waits for its answer",
        TaskType.ASYNC_ACTION: "Calls a system that answers later",
        TaskType.SUBWORKFLOW: "Runs another workflow",
        TaskType.WAIT: "Waits for a time",
    }
)
SPLITS = words_for({Split.ONE: "the first way that is true", Split.ALL: "every way that is true"})
JOINS = words_for(
    {Join.ANY: "starts with each arrival", Join.ALL: "waits for every branch on its way"}
)
AFTERS = words_for({After.DONE: "it was done", After.TIMEOUT: "its time ran out"})


def it_has_a_start(workflow: Any) -> bool:
    """The least that publishing needs; the rest is the linter's, and `services.publish` asks it."""
    # Not a query of its own: publishing many at once has their transitions at hand.
    return any(row.from_task_id is None for row in workflow.transitions.all())


class WorkflowQuerySet(models.QuerySet["WorkflowDefinition"]):
    def published(self) -> "WorkflowQuerySet":
        return self.filter(status=DefinitionStatus.PUBLISHED)


WorkflowManager = TenantManager.from_queryset(WorkflowQuerySet)


class WorkflowDefinition(TenantOwned):
    """One version of a workflow.

    `fields` declares the data of the workflow: [{name, type, title, ...}] (see `schemas`).
    `content_hash` is that of its document, so that importing the same document changes nothing.
    """

    key = key_field()
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    status = FSMField(
        default=DefinitionStatus.DRAFT,
        choices=DefinitionStatus.choices,
        protected=True,
        editable=False,
    )
    fields = DocumentField(default=start_of_list, blank=True)
    display_layout = DocumentField(null=True, blank=True)
    ext_ref = DocumentField(default=start_of_list, blank=True, help_text="[{label, desc, uri}]")
    scenarios = DocumentField(
        default=start_of_list, blank=True, help_text="Examples that are tried at each check."
    )
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar["WorkflowManager[Any]"] = WorkflowManager()

    class Meta(TenantOwned.Meta):
        db_table = "workflow_definitions"
        verbose_name = "workflow"
        ordering: ClassVar = ["title", "-version"]
        permissions: ClassVar = [("publish_workflowdefinition", "Can publish a workflow")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "key", "version"],
                name="workflow_definitions_company_key_version",
            ),
            models.UniqueConstraint(
                fields=["company", "key"],
                condition=Q(status=DefinitionStatus.PUBLISHED),
                name="workflow_definitions_one_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"

    @transition(
        status,
        source=DefinitionStatus.DRAFT,
        target=DefinitionStatus.PUBLISHED,
        conditions=[it_has_a_start],
        permission="definitions.publish_workflowdefinition",
    )
    def publish(self) -> None:
        """From now on new tickets start with this version."""

    @transition(
        status,
        source=[DefinitionStatus.DRAFT, DefinitionStatus.PUBLISHED],
        target=DefinitionStatus.ARCHIVED,
        permission="definitions.publish_workflowdefinition",
    )
    def archive(self) -> None:
        """No new ticket starts with it; the running ones go on."""

    def to_graph(self) -> WorkflowGraph:
        """The version as plain values, for the engine and the linter."""
        tasks = list(self.tasks.all())
        key_of: dict[UUID | None, str] = {task.pk: task.key for task in tasks}
        edges = [
            Edge(
                source=key_of.get(row.from_task_id),
                target=key_of.get(row.to_task_id),
                condition=row.condition,
                priority=row.priority,
                key=str(row.pk),
                label=row.label,
                after=row.after,
            )
            for row in self.transitions.all()
        ]
        return WorkflowGraph(
            key=self.key,
            tasks={task.key: task.to_node() for task in tasks},
            edges=tuple(edges),
            fields=tuple(self.fields),
        )


class TaskDefinition(TenantOwned):
    """A step of one workflow version: a form for a person, or a call to another system."""

    workflow = owned_by(WorkflowDefinition, "tasks", on_delete=models.CASCADE)
    key = key_field()
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="Shown to the person who does it.")
    task_type = models.CharField(max_length=20, choices=TASK_TYPES, default=TaskType.FORM)
    assign = DocumentField(
        default=dict, blank=True, help_text='Who gets it: {"company_role": "managers"}.'
    )
    input_schema = DocumentField(null=True, blank=True)
    output_schema = DocumentField(null=True, blank=True, help_text="The form, as a JSON Schema.")
    edit_layout = DocumentField(null=True, blank=True)
    display_layout = DocumentField(null=True, blank=True)
    action_url = models.URLField(max_length=2000, blank=True)
    action = DocumentField(
        default=dict, blank=True, help_text="Method, headers, retry and catch of a call."
    )
    input_transform = DocumentField(null=True, blank=True)
    output_transform = DocumentField(null=True, blank=True)
    timeout_seconds = models.PositiveIntegerField(null=True, blank=True)
    due = DocumentField(null=True, blank=True, help_text="When it should be done.")
    reminder = DocumentField(null=True, blank=True, help_text="When whoever has it is reminded.")
    until = DocumentField(null=True, blank=True, help_text="What a WAIT task waits for.")
    max_visits = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often one ticket may come here."
    )
    split = models.CharField(max_length=3, choices=SPLITS, default=Split.ONE)
    join = models.CharField(max_length=3, choices=JOINS, default=Join.ANY)
    subworkflow = models.CharField(
        max_length=80, blank=True, help_text="Key of the workflow it runs."
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Order in the document and on the tracker."
    )
    ext_ref = DocumentField(default=start_of_list, blank=True, help_text="[{label, desc, uri}]")
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        db_table = "task_definitions"
        verbose_name = "task"
        ordering: ClassVar = ["workflow", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "workflow", "key"], name="task_definitions_company_workflow_key"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def version(self) -> int:
        """A task is of the version of its workflow."""
        version: int = self.workflow.version
        return version

    def to_node(self) -> TaskNode:
        return node_of({name: getattr(self, name) for name in (*NODE_WORDS, *EXTRA_WORDS)})


class WorkflowTransition(TenantOwned):
    """A way onward. No `from_task`: from the start; no `to_task`: to the end; no condition:
    otherwise.
    """

    workflow = owned_by(WorkflowDefinition, "transitions", on_delete=models.CASCADE)
    from_task = owned_by(
        TaskDefinition, "ways_onward", null=True, blank=True, on_delete=models.CASCADE
    )
    to_task = owned_by(TaskDefinition, "ways_here", null=True, blank=True, on_delete=models.CASCADE)
    label = models.CharField(
        max_length=120, blank=True, help_text="A word for the arrow, such as 'declined'."
    )
    condition = DocumentField(
        null=True, blank=True, help_text="JsonLogic. Empty: taken if no other is."
    )
    priority = models.IntegerField(default=0, help_text="The smallest is asked first.")
    after = models.CharField(
        max_length=10,
        choices=AFTERS,
        default=After.DONE,
        help_text="What it follows: the task was done, or its time ran out.",
    )
    position = models.PositiveIntegerField(default=0, help_text="Order in the document.")
    ext_ref = DocumentField(default=start_of_list, blank=True, help_text="[{label, desc, uri}]")
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        db_table = "workflow_transitions"
        verbose_name = "transition"
        ordering: ClassVar = ["workflow", "position"]

    def __str__(self) -> str:
        return f"{self.from_task or 'Start'} → {self.to_task or 'End'}"


def presets_in(fields: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The values that `TicketDefinition.fields` sets, by name."""
    return {field["name"]: field["value"] for field in fields if "value" in field}


def its_workflow_is_published(ticket: Any) -> bool:
    return bool(ticket.workflow.status == DefinitionStatus.PUBLISHED)


class TicketDefinitionQuerySet(models.QuerySet["TicketDefinition"]):
    def published(self) -> "TicketDefinitionQuerySet":
        return self.filter(status=DefinitionStatus.PUBLISHED)

    def submittable_by(self, user: User) -> "TicketDefinitionQuerySet":
        """What this person may ask for: published, and a company role of theirs holds the right.

        Somebody of the platform who looks in is in no company role, and sees what anybody could.
        """
        if user.is_superuser:
            return self.published()
        rights = TicketDefinitionGroupObjectPermission.objects.filter(
            content_object_id=models.OuterRef("pk"),
            permission__codename="submit_ticketdefinition",
            group__user=user,
        )
        return self.published().filter(models.Exists(rights))


TicketDefinitionManager = TenantManager.from_queryset(TicketDefinitionQuerySet)


class TicketDefinition(TenantOwned):
    """What can be asked for, and the workflow that it starts.

    `fields` presets values for some of the workflow's fields: [{name, value}]; the form asks for
    the rest, unless `form_schema` gives the whole form. One row per key: publishing a workflow
    version moves it along, so `version` only counts its own changes.
    """

    key = key_field()
    version = models.PositiveIntegerField(default=1, editable=False)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, help_text="One line for the catalogue.")
    category = models.CharField(max_length=80, blank=True, help_text="Groups the catalogue.")
    icon = models.CharField(max_length=60, blank=True, help_text="Name of a Material Symbol.")
    status = FSMField(
        default=DefinitionStatus.DRAFT,
        choices=DefinitionStatus.choices,
        protected=True,
        editable=False,
    )
    workflow = owned_by(WorkflowDefinition, "ticket_types")
    fields = DocumentField(default=start_of_list, blank=True, help_text="[{name, value}]")
    form_schema = DocumentField(
        null=True, blank=True, help_text="The whole form, as a JSON Schema."
    )
    edit_layout = DocumentField(null=True, blank=True)
    display_layout = DocumentField(null=True, blank=True)
    title_template = models.CharField(
        max_length=200,
        blank=True,
        help_text="Names a ticket from its answers, such as '{item} for {person}'.",
    )
    position = models.PositiveIntegerField(default=0)
    ext_ref = DocumentField(default=start_of_list, blank=True, help_text="[{label, desc, uri}]")
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar["TicketDefinitionManager[Any]"] = TicketDefinitionManager()

    class Meta(TenantOwned.Meta):
        db_table = "ticket_definitions"
        verbose_name = "ticket type"
        ordering: ClassVar = ["category", "position", "title"]
        permissions: ClassVar = [
            ("submit_ticketdefinition", "Can submit tickets of this type"),
            ("publish_ticketdefinition", "Can publish a ticket type"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "key"], name="ticket_definitions_company_key"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @transition(
        status,
        source=[DefinitionStatus.DRAFT, DefinitionStatus.ARCHIVED],
        target=DefinitionStatus.PUBLISHED,
        conditions=[its_workflow_is_published],
        permission="definitions.publish_ticketdefinition",
    )
    def publish(self) -> None:
        """Offer it in the catalogue."""

    @transition(
        status,
        source=[DefinitionStatus.DRAFT, DefinitionStatus.PUBLISHED],
        target=DefinitionStatus.ARCHIVED,
        permission="definitions.publish_ticketdefinition",
    )
    def archive(self) -> None:
        """Take it out of the catalogue; running tickets go on."""

    @property
    def company_role_access(self) -> list[str]:
        """Keys of the company roles that may submit it: a view of the rights, no second truth."""
        rights = self.rights.filter(permission__codename="submit_ticketdefinition")
        return sorted(rights.values_list("group__company_role__key", flat=True))

    @property
    def presets(self) -> dict[str, Any]:
        """Values that the workflow's fields get without being asked for."""
        return presets_in(self.fields)

    def submission_schema(self, version: WorkflowDefinition | None = None) -> dict[str, Any]:
        """The form that a person fills in, as a JSON Schema.

        `version`: with the fields of this version of the workflow, not those of the one in use.
        """
        if self.form_schema is not None:
            schema: dict[str, Any] = self.form_schema
            return schema
        presets, fields = self.presets, (version or self.workflow).fields
        return schema_from_fields([field for field in fields if field["name"] not in presets])


class RightManager(
    TenantManager["TicketDefinitionGroupObjectPermission"], GroupObjectPermissionManager
):
    """Guardian's verbs, on the rows of the company in force."""


class TicketDefinitionGroupObjectPermission(TenantOwned, GroupObjectPermissionBase):
    """Guardian's right of a group on a ticket type, in a table of the company like any other."""

    content_object = owned_by(TicketDefinition, "rights", on_delete=models.CASCADE)

    objects: ClassVar[RightManager] = RightManager()

    class Meta(TenantOwned.Meta, GroupObjectPermissionBase.Meta):
        db_table = "ticket_definition_rights"
        unique_together: ClassVar = []
        constraints: ClassVar = [
            models.UniqueConstraint(
                F("company"),
                F("group"),
                F("permission"),
                F("content_object"),
                name="ticket_definition_rights_once",
            )
        ]


def random_token() -> str:
    return secrets.token_urlsafe(32)


class PendingImport(TenantOwned):
    """A bundle that somebody has uploaded and not yet confirmed: theirs alone, and for a day.

    The token is in the address of the preview; it tells nothing and cannot be guessed.
    """

    token = models.CharField(max_length=64, default=random_token, editable=False)
    name = models.CharField(max_length=255, blank=True)
    text = models.TextField()
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "pending_imports"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "token"], name="pending_imports_company_token"
            )
        ]

    def __str__(self) -> str:
        return self.name or "pasted text"


class Revision(TenantOwned):
    """What a workflow's draft, or a ticket type, said before somebody changed it.

    `changes` tells in words what they changed; `undoes` is the number of the revision that they
    took back (taking back an undoing does it again). The newest ones are kept.
    """

    workflow = owned_by(WorkflowDefinition, "revisions", null=True, on_delete=models.CASCADE)
    ticket_type = owned_by(TicketDefinition, "revisions", null=True, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    document = DocumentField()
    changes = DocumentField(default=start_of_list)
    undoes = models.PositiveIntegerField(null=True)
    created_by = owned_by(User, "+", null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "definition_revisions"
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(workflow__isnull=False) ^ Q(ticket_type__isnull=False),
                name="definition_revisions_of_one",
            ),
            models.UniqueConstraint(
                fields=["company", "workflow", "number"], name="definition_revisions_of_workflow"
            ),
            models.UniqueConstraint(
                fields=["company", "ticket_type", "number"], name="definition_revisions_of_ticket"
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(self.changes)
