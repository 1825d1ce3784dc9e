"""What people add to a ticket: files and words."""

from typing import ClassVar

from django.db import models

from definitions.models import TicketDefinition, owned_by
from operations.models.tasks import TaskInstance
from operations.models.tickets import TicketInstance
from tenants.models import TenantOwned, User


class FileUpload(TenantOwned):
    """A file somebody sent. `ext_key` is its unguessable name in the company's own folder of the
    storage, so that no row can point into another's.

    While `bound_at` is null it was only chosen, in the form of `ticket_type` or of `task`, and goes
    after a day. Bound, it is part of `ticket`: of what was asked for, of the answer or the draft of
    `task`, or of `comment`.
    """

    file_type = models.CharField(max_length=120)
    ext_key = models.CharField(max_length=200)
    name = models.CharField(max_length=255, help_text="As it was called by the person who sent it.")
    size_bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True)
    ticket = owned_by(TicketInstance, "files", null=True, blank=True)
    task = owned_by(TaskInstance, "files", null=True, blank=True)
    comment = owned_by("operations.Comment", "files", null=True, blank=True)
    ticket_type = owned_by(TicketDefinition, "+", null=True, blank=True)
    created_by = owned_by(User, "+", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    bound_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        db_table = "file_uploads"
        verbose_name = "file"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "ext_key"], name="file_uploads_company_ext_key"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "ticket"], name="files_of_ticket"),
            models.Index(
                fields=["company", "created_at"],
                condition=models.Q(bound_at=None),
                name="files_unsent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where its content lies in the storage."""
        return f"{self.company_id}/{self.ext_key}"


class Comment(TenantOwned):
    """A word between the people of a ticket; an internal note is not for the requester."""

    ticket = owned_by(TicketInstance, "comments")
    text = models.TextField()
    is_internal = models.BooleanField(default=False)
    author = owned_by(User, "+", null=True)
    author_label = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "comments"
        ordering: ClassVar = ["created_at"]
        indexes: ClassVar = [models.Index(fields=["company", "ticket"], name="comments_of_ticket")]

    def __str__(self) -> str:
        return self.text[:80]
