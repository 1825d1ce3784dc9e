"""The system roles and what each may do: fixed in code, one table.

It seeds the Groups, answers every permission question (`tenants.backends`) and drives the tests, so
a role can never mean one thing in the database and another in a test.
"""

from dataclasses import dataclass

USER = "user"
TICKET_ADMIN = "ticket_admin"
TASK_WORKER = "task_worker"
WORKFLOW_CREATOR = "workflow_creator"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Role:
    """`site` is the URL name space of the role's site; `permissions` are `app.codename`."""

    key: str
    title: str
    can: str
    site: str
    permissions: frozenset[str]


def _views(app: str, *models: str) -> frozenset[str]:
    return frozenset(f"{app}.view_{model}" for model in models)


def _changes(app: str, *models: str) -> frozenset[str]:
    return frozenset(
        f"{app}.{verb}_{model}" for model in models for verb in ("view", "add", "change")
    )


_DEFINITIONS = ("workflowdefinition", "taskdefinition", "workflowtransition", "ticketdefinition")
_WORK_IN_PROGRESS = ("workflowinstance", "taskinstance", "workflowevent", "comment", "fileupload")

SYSTEM_ROLES: tuple[Role, ...] = (
    Role(
        USER,
        "User",
        "Send requests and follow them",
        "portal",
        _views("operations", "ticketinstance", "fileupload", "comment")
        | _views("definitions", "ticketdefinition")
        | {"operations.add_ticketinstance", "operations.add_comment", "operations.add_fileupload"},
    ),
    Role(
        TASK_WORKER,
        "Task worker",
        "Do the tasks that come in",
        "work",
        _views("operations", *_WORK_IN_PROGRESS, "ticketinstance")
        | {
            "operations.work_on_taskinstance",
            "operations.add_comment",
            "operations.add_fileupload",
        },
    ),
    Role(
        TICKET_ADMIN,
        "Ticket admin",
        "See every ticket and repair what broke",
        "desk",
        _views("operations", *_WORK_IN_PROGRESS, "ticketinstance", "ticketerror")
        | _views("definitions", *_DEFINITIONS)
        | _views("tenants", "user")
        | {
            "operations.triage_ticketinstance",
            "operations.resolve_ticketerror",
            "operations.work_on_taskinstance",
            "operations.add_comment",
            "operations.add_fileupload",
        },
    ),
    Role(
        WORKFLOW_CREATOR,
        "Workflow creator",
        "Decide what can be asked for and what happens then",
        "design",
        _changes("definitions", *_DEFINITIONS)
        | _views("tenants", "companyrole")
        | {
            "definitions.publish_workflowdefinition",
            "definitions.publish_ticketdefinition",
            "definitions.delete_workflowdefinition",
            "definitions.delete_taskdefinition",
            "definitions.delete_workflowtransition",
        },
    ),
    Role(
        ADMIN,
        "Company admin",
        "Look after the company, its people and their roles",
        "company",
        _changes("tenants", "user", "companyrole", "invitation", "companysecret")
        | _views("tenants", "company", "auditentry")
        | _views("definitions", "ticketdefinition")
        | {
            "tenants.change_company",
            "tenants.delete_companyrole",
            "tenants.delete_companysecret",
            "tenants.delete_invitation",
        },
    ),
)

ROLES: dict[str, Role] = {role.key: role for role in SYSTEM_ROLES}
EVERY_ROLE: frozenset[str] = frozenset(ROLES)


def permissions_of(roles: frozenset[str] | set[str]) -> frozenset[str]:
    """Every permission that these role keys carry together; unknown keys carry none."""
    return frozenset().union(*(ROLES[key].permissions for key in roles if key in ROLES))
