"""The hand-written SQL of moving a run to another version of its workflow. No rule."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from operations.store.asking import as_json, ask

_MOVE = """
WITH run AS (
  UPDATE workflow_instances SET workflow_definition_id = %(version)s
  WHERE company_id = %(company)s AND id = %(run)s AND workflow_definition_id = %(was)s RETURNING id
), steps AS (
  UPDATE task_instances k SET task_definition_id = x.definition, way_out = x.way_out,
    input_data = CASE WHEN x.makes_input THEN coalesce(x.input, '{}') ELSE k.input_data END,
    times_out_at = CASE WHEN x.drops_end THEN NULL ELSE k.times_out_at END,
    rev = k.rev + CASE WHEN x.form_changed THEN 1 ELSE 0 END
  FROM run, jsonb_to_recordset(%(steps)s::jsonb) AS x(id uuid, definition uuid, way_out text, makes_input boolean,
    input jsonb, drops_end boolean, form_changed boolean)
  WHERE k.company_id = %(company)s AND k.workflow_instance_id = run.id AND k.id = x.id
  RETURNING k.id
), arrivals AS (
  UPDATE branch_arrivals a SET task_key = x.value FROM run, jsonb_each_text(%(arrivals)s::jsonb) AS x
  WHERE a.company_id = %(company)s AND a.workflow_instance_id = run.id AND a.branch = x.key
)
SELECT (SELECT count(*) FROM run) AS runs, (SELECT count(*) FROM steps) AS steps
"""


def move(
    run_id: UUID,
    *,
    was: UUID,
    version: UUID,
    steps: Sequence[Mapping[str, Any]],
    arrivals: Mapping[str, str],
) -> None:
    """Point a locked run, and what is open in it, to another version.

    Args:
        steps: {id, definition, way_out, makes_input, input, drops_end, form_changed} of each.
        arrivals: branch -> key of the join at which it waits.

    Raises:
        RuntimeError: something of it was not there; the transaction must roll back.
    """
    values = {"steps": as_json(list(steps)), "arrivals": as_json(dict(arrivals))}
    done = ask(_MOVE, {**values, "run": run_id, "was": was, "version": version})[0]
    if done["runs"] != 1 or done["steps"] != len(steps):
        raise RuntimeError(f"Expected to move {run_id} with {len(steps)} steps, but found {done}.")
