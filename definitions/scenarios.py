"""Keeping a scenario with its workflow."""

from typing import Any

from django.db import transaction

from definitions.bundle.canonical import canonical_bundle
from definitions.bundle.format import MOST_SCENARIOS
from definitions.bundle.standing import documents_of, load
from definitions.errors import BundleInvalid
from definitions.models import WorkflowDefinition
from definitions.services import import_bundle, one_at_a_time
from tenants.errors import DomainError, NotFound
from tenants.models import User


def keep_scenario(
    actor: User | None, workflow: WorkflowDefinition, scenario: dict[str, Any]
) -> WorkflowDefinition:
    """Add a scenario to the workflow's draft, which is made where there is none; returns it.

    Raises:
        DomainError: there is one of this name, or there are too many; `fields` names the title.
        NotFound, NotAllowed.
    """
    with transaction.atomic():
        one_at_a_time()
        current = load({workflow.key}, set()).current(workflow.key)
        if current is None:
            raise NotFound("This workflow does not exist (any more).")
        document = documents_of([current])[current.pk]
        known = document.get("scenarios", [])
        _must_be_another(scenario["title"], known)
        document = {**document, "scenarios": [*known, scenario]}
        try:
            import_bundle(actor, canonical_bundle([], [document], []))
        except BundleInvalid as error:
            raise DomainError(error.problems[0].message) from error
        draft = load({workflow.key}, set()).current(workflow.key)
    assert draft is not None  # noqa: S101 - it was written just now
    return draft


def _must_be_another(title: str, known: list[dict[str, Any]]) -> None:
    if any(one["title"] == title for one in known):
        words = f"There is a scenario “{title}” already. Give this one another name."
        raise DomainError(words, fields={"title": words})
    if len(known) >= MOST_SCENARIOS:
        raise DomainError(f"A workflow has at most {MOST_SCENARIOS} scenarios.")
