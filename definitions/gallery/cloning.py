"""A bundle of the company's own, made from an entry: other keys, its own title, its own roles."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

from definitions.bundle.canonical import EVERYBODY
from definitions.documents import to_yaml
from definitions.gallery import Entry
from definitions.linter import KEY, LONGEST_KEY
from definitions.models import PendingImport, TicketDefinition, WorkflowDefinition
from definitions.uploads import keep_upload
from tenants.errors import DomainError
from tenants.models import CompanyRole, User

Document = dict[str, Any]

TAKEN = "The company has something with this key already. Choose another one."
BAD_KEY = f"Use up to {LONGEST_KEY} characters: no dots, and no blanks at its ends."


@dataclass(frozen=True, slots=True)
class Wishes:
    """`roles`: key of a role of the bundle -> key of the company role that does its work.

    A key that the company does not have keeps the bundle's own role, which the import then makes.
    EVERYBODY: whoever works on tasks.
    """

    key: str
    title: str
    roles: Mapping[str, str]


def taken_keys() -> set[str]:
    """Keys of the company's workflows and ticket types, archived ones included."""
    workflows = WorkflowDefinition.objects.order_by().values_list("key", flat=True).distinct()
    return {*workflows, *TicketDefinition.objects.values_list("key", flat=True)}


def free_key(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or the first free of wanted-2, wanted-3, …"""
    if wanted not in taken:
        return wanted
    endings = (f"-{number}" for number in count(2))
    keys = (f"{wanted[: LONGEST_KEY - len(ending)]}{ending}" for ending in endings)
    return next(key for key in keys if key not in taken)


def why_not(key: str, taken: Collection[str]) -> str:
    """Why nothing new can have this key; "" if it can."""
    if not KEY.fullmatch(key):
        return BAD_KEY
    return TAKEN if key in taken else ""


def clone(actor: User, entry: Entry, wishes: Wishes) -> PendingImport:
    """Keep the bundle for the person, to be looked at and imported like an upload.

    Raises:
        DomainError: the key is taken or no key; nothing of the company's is ever overwritten.
        NotAllowed: the person may not import definitions.
    """
    taken = taken_keys()
    if refusal := why_not(wishes.key, taken):
        raise DomainError(refusal, fields={"key": refusal})
    known = set(CompanyRole.objects.values_list("key", flat=True))
    bundle = cloned(entry, wishes, taken, known)
    return keep_upload(actor, to_yaml(bundle), f"{wishes.key}.yaml")


def cloned(
    entry: Entry, wishes: Wishes, taken: Collection[str] = (), known_roles: Collection[str] = ()
) -> Document:
    """The bundle of an entry as somebody wishes to have it."""
    value: Any = entry.document.value
    bundle: Document = deepcopy(value)
    _rename(bundle, entry.key, wishes, taken)
    _cast(bundle, wishes.roles, known_roles)
    return bundle


def is_new(bundle: Mapping[str, Any]) -> bool:
    """Whether importing it would make new definitions only."""
    keys = {part["key"] for name in ("workflows", "tickets") for part in bundle.get(name, ())}
    return not keys & taken_keys()


# Keys and titles


def _rename(bundle: Document, main: str, wishes: Wishes, taken: Collection[str]) -> None:
    keys = {main: wishes.key}
    titles = {main: wishes.title}
    for workflow in bundle["workflows"]:
        key = workflow["key"]
        if key != main:
            keys[key] = free_key(key, {*taken, *keys.values()})
            titles[key] = numbered(workflow["title"], key, keys[key])
    for workflow in bundle["workflows"]:
        workflow.update(key=keys[workflow["key"]], title=titles[workflow["key"]])
        for task in workflow["tasks"]:
            if "subworkflow" in task:
                task["subworkflow"] = keys[task["subworkflow"]]
    for ticket in bundle["tickets"]:
        ticket.update(key=wishes.key, workflow=wishes.key, title=wishes.title)


def numbered(title: str, key: str, own_key: str) -> str:
    """A second one is called so, or nobody could tell the two apart: "Leave request 2"."""
    return f"{title} {own_key.removeprefix(key).lstrip('-')}".rstrip()


# Roles


def _cast(bundle: Document, roles: Mapping[str, str], known: Collection[str]) -> None:
    """Give each step to the role that the company has for it."""
    for workflow in bundle["workflows"]:
        for task in workflow["tasks"]:
            needed = task.get("assign", {}).get("company_role")
            if needed is None:
                continue
            given = roles.get(needed, needed)
            if given == EVERYBODY:
                del task["assign"]
            else:
                task["assign"] = {"company_role": given}
    for ticket in bundle["tickets"]:
        if access := ticket.get("company_role_access"):
            ticket["company_role_access"] = _access([roles.get(role, role) for role in access])
    made = [
        role
        for role in bundle["company_roles"]
        if roles.get(role["key"], role["key"]) == role["key"] and role["key"] not in known
    ]
    del bundle["company_roles"]
    if made:
        bundle["company_roles"] = made


def _access(roles: list[str]) -> list[str]:
    """Each once; everybody is everybody."""
    return [EVERYBODY] if EVERYBODY in roles else list(dict.fromkeys(roles))
