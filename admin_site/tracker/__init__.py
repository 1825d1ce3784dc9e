"""Where a request is and what has happened to it, told to the people who wait for it.

Made from rows that are read already; asks the database nothing. Everything here may be shown to a
requester: no reason of an assignment, nobody's load, no trace, no cause of a failure.
"""

from admin_site.tracker.history import PUBLIC_EVENTS, history
from admin_site.tracker.journey import (
    BY_ITSELF,
    Journey,
    journey,
    knowing_who_cancelled,
    public_status,
    ran_out,
    waits_until,
)
from admin_site.tracker.outcome import ending, knowing_how_it_ended, seen_of, with_outcomes
from admin_site.tracker.visits import visits_for_journey
from admin_site.tracker.way import usual_way, way_when_over

__all__ = [
    "BY_ITSELF",
    "PUBLIC_EVENTS",
    "Journey",
    "ending",
    "history",
    "journey",
    "knowing_how_it_ended",
    "knowing_who_cancelled",
    "public_status",
    "ran_out",
    "seen_of",
    "usual_way",
    "visits_for_journey",
    "waits_until",
    "way_when_over",
    "with_outcomes",
]
