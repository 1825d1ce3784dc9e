"""Files sent along with a comment."""

from typing import Any

from django import forms

from admin_site.files.shelf import FileShelf
from admin_site.forms import PlainForm
from admin_site.schema_forms.files import FileQuestion, Sent
from definitions import layouts
from operations.files import Purpose
from operations.models import TicketInstance
from operations.services.comments import ATTACHMENTS
from tenants.models import User

#: What the verb calls them.
ATTACHED_NAME = "attached"


class AttachedFiles(FileQuestion):
    """The question for files in a plain form: gives the list of their identifiers."""

    def __init__(self, shelf: FileShelf) -> None:
        [control] = layouts.compiled(ATTACHMENTS).controls()
        super().__init__(control, None, shelf)
        self.label = "Attach files"

    def clean(self, value: Any) -> Any:
        self.take(value if isinstance(value, Sent) else Sent())
        answer = self.read(value)
        if answer.remark:
            raise forms.ValidationError(answer.remark)
        return answer.value if isinstance(answer.value, list) else []


class CommentBaseForm(PlainForm):
    """A comment with files; either may be missing. Without a shelf it takes no files."""

    def __init__(self, *sent: Any, shelf: FileShelf | None = None, **more: Any) -> None:
        super().__init__(*sent, **more)
        if shelf is not None:
            self.fields[ATTACHED_NAME] = AttachedFiles(shelf)
            self.fields["text"].required = False  # the verb asks for one or the other
            self.order_fields(["text", ATTACHED_NAME])

    def within(self, form_id: str) -> "CommentBaseForm":
        """Drawn outside of the <form> that it is sent with."""
        if ATTACHED_NAME in self.fields:
            self.fields[ATTACHED_NAME].widget.attrs["form"] = form_id
        return self


def shelf_of_comments(site: str, person: User, ticket: TicketInstance) -> FileShelf:
    """Where files of comments to this ticket are kept."""
    return FileShelf(site, person, Purpose(ticket=ticket.pk, is_comment=True))
