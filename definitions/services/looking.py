"""What a version says, what is wrong with it, and what it changes."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from definitions.bundle.canonical import canonical_bundle
from definitions.bundle.differences import workflow_changes
from definitions.bundle.meaning import Findings, meaning
from definitions.bundle.rows import ticket_document
from definitions.bundle.standing import Standing, access_of, documents_of, load
from definitions.bundle.structure import structure
from definitions.differences import Section, differences
from definitions.documents import from_value
from definitions.errors import Problem
from definitions.models import TicketDefinition, WorkflowDefinition
from definitions.services.acting import Definition


def document_of(definition: Definition) -> dict[str, Any]:
    """The canonical document of a version, or of a ticket type: a copy of your own.

    Its `fingerprint` is what `change_workflow` wants to have `seen`.
    """
    if isinstance(definition, TicketDefinition):
        access = access_of([definition])[definition.pk]
        return deepcopy(ticket_document(definition, definition.workflow.key, access))
    return deepcopy(documents_of([definition])[definition.pk])


def problems_of(workflow: WorkflowDefinition) -> list[Problem]:
    """What is wrong with a version: errors, which block publishing, then warnings.

    Places are in the workflow's own document.
    """
    _, findings = look_at(document_of(workflow))
    found = [*findings.refusals, *findings.obstacles, *findings.warnings]
    return [inside_workflow(problem) for problem in found]


def changes_between(before: WorkflowDefinition, after: WorkflowDefinition) -> list[str]:
    """What a version changes against another, in words: "task Second approval added"."""
    documents = documents_of([before, after])
    return workflow_changes(documents[before.pk], documents[after.pk])


def differences_between(
    before: WorkflowDefinition, after: WorkflowDefinition, roles: Mapping[str, str]
) -> list[Section]:
    """The same at length, part by part; `roles`: what company roles are called, by their keys."""
    documents = documents_of([before, after])
    return differences(documents[before.pk], documents[after.pk], roles)


def look_at(document: dict[str, Any]) -> tuple[Standing, Findings]:
    bundle = structure(from_value(canonical_bundle([], [document], [])))
    standing = load(*bundle.keys())
    findings = meaning(bundle, standing.surroundings())
    findings.refusals[:0] = bundle.problems
    return standing, findings


def inside(part: str, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a bundle, with their places in its part."""
    return [replace(one, place=one.place.removeprefix(part)) for one in problems]


def inside_workflow(problem: Problem) -> Problem:
    return inside("/workflows/0", [problem])[0]
