"""The form of a call to another system. Its headers are lines of text, in which a secret stands by
its name.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django import forms

from admin_site.design.editing.texts import DocumentText, template_text, written
from admin_site.forms import PlainForm
from definitions.actions.documents import DEFAULT_METHOD, METHODS, REFERENCE
from definitions.graph import TaskType
from tenants.models import CompanySecret

Document = dict[str, Any]
_SECRET = re.compile(r"\{secret:([A-Za-z0-9_.-]{1,80})\}")
HEADERS = "Authorization: Bearer {secret:erp_token}"
RETRY = "- errors: [timeout, http.5xx]\n  max_attempts: 3\n  interval_seconds: 2"
CATCH = "- errors: ['*']\n  next: key-of-a-step"
SENT = "item: {$: {var: ticket.item}}\ncount: 1"
KEPT = "order_no: {$: {var: response.id}}"


class CallForm(PlainForm):
    """A call to another system."""

    action_url = forms.CharField(
        label="Address",
        required=False,
        max_length=2_000,
        widget=forms.TextInput({"inputmode": "url", "placeholder": "https://erp.example/orders"}),
    )
    method = forms.ChoiceField(label="Method", choices=[(name, name) for name in METHODS])
    headers = forms.CharField(
        label="Headers",
        required=False,
        max_length=100_000,
        widget=forms.Textarea(
            {"rows": 3, "spellcheck": "false", "class": "ds-text short", "placeholder": HEADERS}
        ),
        help_text="One per line. {secret:name} stands for a secret of the company.",
    )
    sign = forms.ChoiceField(label="Sign each call with", required=False)
    verify = forms.ChoiceField(
        label="The answer must be signed with",
        required=False,
        help_text="For the answer that comes later.",
    )
    idempotent = forms.ChoiceField(
        label="Calling twice does no harm",
        required=False,
        choices=[("", "As is usual for the method"), ("yes", "Yes"), ("no", "No")],
        help_text="Then it may be tried again when nobody knows whether it arrived.",
    )
    input_transform = DocumentText(
        "What is sent",
        example=SENT,
        help_text="A value {$: …} is read from the data. Empty: nothing is sent.",
    )
    output_transform = DocumentText(
        "What is kept",
        example=KEPT,
        help_text="Reads the answer as “response”. Empty: the whole answer.",
    )
    retry = DocumentText(
        "When to try again",
        rows=4,
        example=RETRY,
        help_text="The first rule that names the error is the one. []: never.",
    )
    catch = DocumentText(
        "Where to go on when it has failed for good",
        rows=3,
        example=CATCH,
        help_text="Empty: a ticket stops with an error that somebody repairs.",
    )
    places: Mapping[str, str] = {
        "action_url": "/action_url", "method": "/action/method", "headers": "/action",
        "sign": "/action/sign", "verify": "/action/verify", "idempotent": "/action/idempotent",
        "retry": "/action/retry", "catch": "/action/catch",
        "input_transform": "/input_transform", "output_transform": "/output_transform",
    }  # fmt: skip
    #: Parts of the call with a field each; what else it says stays.
    _OWN = ("method", "headers", "sign", "verify", "idempotent", "retry", "catch")

    @classmethod
    def of(cls, task: Document, sent: Any) -> "CallForm":
        action = task.get("action") or {}
        form = cls(sent, initial=_call_in_fields(task, action))
        form.action = action
        names = sorted(CompanySecret.objects.values_list("name", flat=True))
        fields: Any = form.fields
        for name in ("sign", "verify"):
            known = str(_secret_of(action.get(name)))
            offered = sorted({*names, *([known] if known else [])})
            fields[name].choices = [("", "Nothing"), *((one, one) for one in offered)]
        if task.get("task_type") != TaskType.ASYNC_ACTION and "verify" not in action:
            del fields["verify"]
        if not can_be_text(action.get("headers")):
            del fields["headers"]
        return form

    action: Document

    def clean_headers(self) -> Any:
        try:
            return headers_from_text(self.cleaned_data["headers"])
        except ValueError as error:
            words = f"Line {error.args[0]}: write a name, a colon and a value."
            raise forms.ValidationError(words) from error

    def parts(self) -> Document:
        said = self.cleaned_data
        action = deepcopy(self.action)
        wanted = {name: said[name] for name in self._OWN if name in said}
        for name in ("sign", "verify"):
            if name in wanted:
                wanted[name] = {REFERENCE: wanted[name]} if wanted[name] else None
        wanted["idempotent"] = {"yes": True, "no": False}.get(said["idempotent"])
        if wanted["method"] == DEFAULT_METHOD:
            wanted["method"] = None
        for name, value in wanted.items():
            action.pop(name, None)
            if value is not None:
                action[name] = value
        return {
            "action_url": said["action_url"].strip() or None,
            "action": action or None,
            "input_transform": said["input_transform"],
            "output_transform": said["output_transform"],
        }


def _call_in_fields(task: Document, action: Document) -> Document:
    said: Any = action.get("idempotent")
    return {
        "action_url": task.get("action_url", ""),
        "method": action.get("method", DEFAULT_METHOD),
        "headers": headers_as_text(action.get("headers")),
        "sign": _secret_of(action.get("sign")),
        "verify": _secret_of(action.get("verify")),
        "idempotent": "yes" if said is True else "no" if said is False else "",
        # An empty list says "never", which is not the same as nothing.
        "retry": "[]" if action.get("retry") == [] else written(action.get("retry")),
        "catch": written(action.get("catch")),
        "input_transform": template_text(task, "input_transform"),
        "output_transform": template_text(task, "output_transform"),
    }


def _secret_of(reference: Any) -> str:
    return str(reference.get(REFERENCE, "")) if isinstance(reference, dict) else ""


def headers_as_text(headers: Any) -> str:
    """One header per line."""
    if not isinstance(headers, dict):
        return ""
    return "\n".join(f"{name}: {_value_as_text(value)}" for name, value in headers.items())


def headers_from_text(text: str) -> dict[str, Any] | None:
    """The headers of a document; None for none.

    Raises:
        ValueError: with the number of a line that is none.
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError(number)
        found[name.strip()] = _value_from_text(value.strip())
    return found or None


def can_be_text(headers: Any) -> bool:
    """Whether nothing is lost on the way to text and back."""
    try:
        return headers is None or headers_from_text(headers_as_text(headers)) == headers
    except ValueError:
        return False


def _value_as_text(value: Any) -> str:
    pieces = value if isinstance(value, list) else [value]
    return "".join(
        f"{{secret:{piece.get(REFERENCE)}}}" if isinstance(piece, dict) else str(piece)
        for piece in pieces
    )


def _value_from_text(text: str) -> Any:
    pieces: list[Any] = []
    end = 0
    for found in _SECRET.finditer(text):
        pieces += [text[end : found.start()], {REFERENCE: found[1]}]
        end = found.end()
    pieces = [piece for piece in (*pieces, text[end:]) if piece != ""]
    if not pieces:
        return ""
    return pieces[0] if len(pieces) == 1 else pieces
