"""What becomes of a ticket that is moved to another version of its workflow.

`planning` decides and touches nothing; `reading` brings what it needs, of many tickets at once.
`services.versions` asks both, and writes.
"""

from operations.versions.planning import (
    OpenStep,
    Refusal,
    RunPlan,
    RunState,
    StepPlan,
    Target,
    plan_run,
)
from operations.versions.reading import going_runs, read_runs

__all__ = [
    "OpenStep",
    "Refusal",
    "RunPlan",
    "RunState",
    "StepPlan",
    "Target",
    "going_runs",
    "plan_run",
    "read_runs",
]
