"""One document in, one document out."""

from collections.abc import Collection, Generator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from django.db import transaction

from definitions.bundle.exporting import exported
from definitions.bundle.meaning import Surroundings, meaning
from definitions.bundle.planning import Plan, plan_import
from definitions.bundle.report import Effect, Entry, ImportReport
from definitions.bundle.standing import Standing, load
from definitions.bundle.structure import Bundle, structure
from definitions.bundle.writing import carry_out
from definitions.documents import Document, from_value
from definitions.errors import BundleInvalid, Problem
from definitions.issue_forms import as_bundle, remarks_of
from definitions.services.acting import must, one_at_a_time
from tenants.audit import record, row_id
from tenants.models import User

Result = TypeVar("Result")

#: What stops publishing on the pages, and is only told to a program that imports and publishes: a
#: ticket that no way is made for stops visibly, which may be what is wanted.
MAY_BE_MEANT = frozenset({"gap"})


def import_bundle(
    actor: User | None,
    document: Mapping[str, Any] | Document,
    *,
    publish: bool = False,
    dry_run: bool = False,
    careful: bool = False,
) -> ImportReport:
    """Make the company's definitions what the bundle says; importing it again changes nothing.

    `document` is a bundle as values, or as read by `definitions.documents` (then problems have
    lines); or an issue form, which stands for the bundle that it becomes. What it does not mention
    stays. Changed workflows become drafts; with `publish` they are published, apart from those that
    nothing can carry out yet: the report says which.

    `careful`: publish as people do on the pages, where answers that no way is true for stop it. A
    program may mean to leave such a gap, so without it the report tells them.

    Raises:
        BundleInvalid: with everything that is wrong; nothing was written.
        NotAllowed: the person may not write definitions, publish them, or add company roles.
    """
    stages = importing(actor, document, publish=publish, dry_run=dry_run, careful=careful)
    return finished(stages)


class Stage(StrEnum):
    """What an import has just done, for whoever waits for a large one."""

    READ = "Read"
    COMPARED = "Compared with what is there"
    CHECKED = "Checked"
    WRITTEN = "Written"


Stages = Generator[Stage, None, Result]


def finished(stages: "Stages[Result]") -> Result:
    """The result of something that tells its stages, for those who do not ask."""
    while True:
        try:
            next(stages)
        except StopIteration as end:
            result: Result = end.value
            return result


def importing(
    actor: User | None,
    document: Mapping[str, Any] | Document,
    *,
    publish: bool = False,
    dry_run: bool = False,
    careful: bool = False,
) -> "Stages[ImportReport]":
    """`import_bundle` stage by stage, in one transaction: whoever stops asking has none of it."""
    must(actor, "definitions.add_workflowdefinition", "definitions.change_ticketdefinition")
    if publish:
        must(actor, "definitions.publish_workflowdefinition")
    text = as_bundle(document if isinstance(document, Document) else from_value(dict(document)))
    bundle = structure(text)
    yield Stage.READ
    with transaction.atomic():
        if not dry_run:
            one_at_a_time()
        standing = load(*bundle.keys())
        yield Stage.COMPARED
        plan, told = decide(bundle, standing, publish=publish, careful=careful)
        if plan.new_roles:
            must(actor, "tenants.add_companyrole")
        report = ImportReport(plan.entries(), [*told, *remarks_of(text)], dry_run)
        yield Stage.CHECKED
        if not dry_run and not is_done(plan):
            carry_out(plan, standing, row_id(actor))
            record(actor, "definitions imported", _summary(report), _for_the_log(report))
        yield Stage.WRITTEN
    return report


def check_bundle(document: Document, *, in_company: bool = False) -> list[Problem]:
    """Everything that would stop an import or publishing, and the warnings; errors first.

    `in_company`: also look whether company roles and workflows that are named exist there.
    """
    try:
        text = as_bundle(document)
    except BundleInvalid as error:
        return list(error.problems)
    bundle = structure(text)
    around = load(*bundle.keys()).surroundings() if in_company else Surroundings()
    findings = meaning(bundle, around)
    return bundle.with_lines(
        [*bundle.problems, *findings.refusals, *findings.obstacles, *findings.warnings]
    ) + list(remarks_of(text))


def export_bundle(actor: User | None, keys: Collection[str] | None = None) -> dict[str, Any]:
    """The company's definitions as one canonical document.

    With `keys`, those workflows and ticket types, and what they need. A workflow with a draft is
    exported as the draft says; what is archived, only when named.

    Raises:
        NotFound: a key is not one of the company's.
    """
    must(actor, "definitions.view_workflowdefinition", "definitions.view_ticketdefinition")
    return exported(load(), keys)


def decide(
    bundle: Bundle,
    standing: Standing,
    *,
    publish: bool = False,
    careful: bool = False,
    tolerated: Collection[tuple[str, str]] = (),
) -> tuple[Plan, list[Problem]]:
    """The plan, and what is told although it stops nothing.

    `tolerated`: rule and message of what was wrong before, so that it can be mended bit by bit.

    Raises:
        BundleInvalid: something stops it.
    """
    findings = meaning(bundle, standing.surroundings())
    old = [one for one in findings.refusals if (one.rule, one.message) in tolerated]
    refusals = [one for one in findings.refusals if one not in old]
    wrong = [*bundle.problems, *refusals]
    told = [*old, *findings.obstacles, *findings.warnings]
    if publish:
        meant = [one for one in findings.obstacles if one.rule in MAY_BE_MEANT and not careful]
        wrong += [one for one in findings.obstacles if one not in meant]
        told = [*old, *meant, *findings.warnings]
    if any(problem.blocks for problem in wrong):
        raise BundleInvalid(bundle.with_lines([*wrong, *findings.warnings]))
    plan = plan_import(bundle, standing, publish=publish)
    if plan.problems:
        raise BundleInvalid(bundle.with_lines(plan.problems))
    return plan, bundle.with_lines(told)


def is_done(plan: Plan) -> bool:
    return not (
        plan.new_roles
        or any(step.is_written or step.is_published for step in plan.workflows)
        or any(step.is_written for step in plan.tickets)
    )


def _summary(report: ImportReport) -> str:
    return f"{len(report.created)} created, {len(report.changed)} changed"


def _for_the_log(report: ImportReport) -> dict[str, list[str]]:
    def keys(entries: list[Entry]) -> list[str]:
        return [f"{entry.kind.word} {entry.key}" for entry in entries[:100]]

    return {Effect.CREATED.value: keys(report.created), Effect.CHANGED.value: keys(report.changed)}
