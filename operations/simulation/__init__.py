"""A workflow tried without touching anything: the engine, a made-up ticket and a clock on paper.

Pure: no database, no call, no mail. The same rules as for a live ticket, because it is the same
code: `operations.engine` decides, `operations.preparing` says what a task begins with and leaves
behind, `definitions.retries` what follows a failed call. docs/trying.md tells people about it.
"""

from operations.simulation.expecting import Unexpected, unexpected
from operations.simulation.running import MOST_STEPS, simulate
from operations.simulation.scenario import UNANSWERED, Failure, Scenario
from operations.simulation.story import PlannedCall, SimStep, Simulation

__all__ = [
    "MOST_STEPS",
    "UNANSWERED",
    "Failure",
    "PlannedCall",
    "Scenario",
    "SimStep",
    "Simulation",
    "Unexpected",
    "simulate",
    "unexpected",
]
