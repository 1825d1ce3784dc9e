"""Ready workflows that a small company can use as they are: shipped as bundles, and cloned.

`entries()` says what there is; `cloning` makes a bundle of one's own out of an entry, which then
goes the way of any import. An entry's bundle has one ticket type and starts its first workflow;
both have the entry's key. Further workflows are run by the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from definitions.bundle.structure import structure
from definitions.documents import Document, read_text
from tenants.errors import NotFound

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RoleNeeded:
    """A company role of the bundle. `does` are the titles of the steps that its people get."""

    key: str
    title: str
    description: str
    does: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """`story` says what happens, in a few short lines; `words` is what else people search for.

    `first` is what has to be changed before the workflow can do all that it says; "" for nothing.
    """

    key: str
    purpose: str
    story: tuple[str, ...]
    words: str
    first: str = ""

    @property
    def text(self) -> str:
        """The bundle as it is written, comments included."""
        return (FOLDER / f"{self.key}.yaml").read_text(encoding="utf-8")

    @property
    def document(self) -> Document:
        return read_text(self.text)

    @property
    def workflow(self) -> dict[str, Any]:
        """The document of the workflow that its ticket type starts."""
        return _parts(self.key)[0]

    @property
    def ticket(self) -> dict[str, Any]:
        return _parts(self.key)[1]

    @property
    def title(self) -> str:
        """What the catalogue calls it."""
        return str(self.ticket["title"])

    @property
    def roles(self) -> tuple[RoleNeeded, ...]:
        return _roles(self.key)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "leave-request",
        "Holiday and other days off, with somebody who covers.",
        (
            "A manager decides within two working days.",
            "No answer in time: the office gets a decision in their place.",
            "The office puts it into the calendar and tells the substitute.",
        ),
        "vacation absence time off calendar substitute deputy",
    ),
    Entry(
        "purchase-approval",
        "Anything that costs money: one yes, or two from 1,000 on.",
        (
            "A manager says yes or no.",
            "From 1,000 on a director does so too.",
            "The office orders it, and checks what has come.",
        ),
        "order buy procurement budget amount levels approve",
    ),
    Entry(
        "new-colleague",
        "From the yes of a candidate to the end of the first month.",
        (
            "A manager plans the start and names somebody to look after them.",
            "Papers, place and accounts are prepared side by side, in time for the first day.",
            "After four weeks a manager talks with them.",
        ),
        "onboarding hire starter employee joiner parallel",
    ),
    Entry(
        "leaver",
        "Work is handed over, things come back, accounts are closed.",
        (
            "A manager plans the hand-over.",
            "Work is handed over while the office prepares the papers.",
            "After the last day IT closes the accounts, and the office takes everything back.",
        ),
        "offboarding resignation exit employee keys",
    ),
    Entry(
        "repair-request",
        "Building, machines and furniture; what is dangerous goes first.",
        (
            "If somebody could get hurt it is made safe within two hours, or a manager goes.",
            "Maintenance looks at it, and repairs it.",
            "If another company has to come, a manager approves the offer.",
        ),
        "maintenance facility broken machine lift defect caretaker",
    ),
    Entry(
        "customer-complaint",
        "A customer is not happy, and hears from you in time.",
        (
            "Customer service answers within eight working hours, or a manager takes over.",
            "A manager decides about what costs more than 100.",
            "It is made good, and somebody asks whether they are happy now.",
        ),
        "escalation deadline service claim unhappy",
    ),
    Entry(
        "refund",
        "Money back to a customer, by a call to your shop.",
        (
            "Bookkeeping checks it.",
            "The shop system pays it back; failed calls are tried again.",
            "When the shop cannot do it, somebody pays by hand. Then the customer is told.",
        ),
        "money return shop payment api call integration retry",
        first=(
            "The address of your shop system, in place of https://shop.example/api/refunds, and "
            "the secret it asks for. Until then each refund comes to the step “Pay it back by "
            "hand”: you can publish it today, and change the address later."
        ),
    ),
    Entry(
        "contract-review",
        "A contract is read before it is signed, and its end is not forgotten.",
        (
            "The office reads the terms and bookkeeping the money, at the same time.",
            "A manager signs, asks for changes (then it is read again), or declines.",
            "Four weeks before the last day to give notice, a manager is asked.",
        ),
        "legal sign lease notice agreement parallel",
    ),
    Entry(
        "it-access",
        "Access that ends by itself, unless somebody still needs it.",
        (
            "A manager allows it, and IT grants it.",
            "On its last day a manager is asked whether it is still needed.",
            "If not, or if nobody answers, IT takes it away.",
        ),
        "permission account system expiry temporary login rights",
    ),
    Entry(
        "supplier-onboarding",
        "Before the first order: papers, bank details, a yes.",
        (
            "Purchasing collects the papers.",
            "Two people check the bank details, in a workflow of its own.",
            "A manager says yes, and bookkeeping enters the supplier.",
        ),
        "vendor creditor bank details fraud sub-workflow",
    ),
)
_BY_KEY = {entry.key: entry for entry in ENTRIES}


def entries() -> Sequence[Entry]:
    return ENTRIES


def entry_of(key: str) -> Entry:
    """Raises:
    NotFound.
    """
    try:
        return _BY_KEY[key]
    except KeyError:
        raise NotFound("There is no such workflow in the gallery.") from None


@cache
def _parts(key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    bundle = structure(_BY_KEY[key].document)
    return bundle.workflows[0].document, bundle.tickets[0].document


@cache
def _roles(key: str) -> tuple[RoleNeeded, ...]:
    value: Any = _BY_KEY[key].document.value
    tasks = [task for workflow in value["workflows"] for task in workflow["tasks"]]
    return tuple(
        RoleNeeded(
            role["key"],
            role["title"],
            role.get("description", ""),
            tuple(
                task["title"]
                for task in tasks
                if task.get("assign", {}).get("company_role") == role["key"]
            ),
        )
        for role in value["company_roles"]
    )
