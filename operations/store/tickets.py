"""Writing a ticket: its number, its row and its first event in one statement."""

from typing import Any

from operations.store.asking import Row, as_json, ask

_NEW_TICKET = """
WITH offered AS (
  SELECT d.id FROM ticket_definitions d
  WHERE d.company_id = %(company)s AND d.id = %(ticket_type)s AND d.status = 'PUBLISHED' AND d.version = %(version)s
    AND (%(from_outside)s OR EXISTS (
      SELECT FROM ticket_definition_rights r
      JOIN auth_permission p ON p.id = r.permission_id AND p.codename = 'submit_ticketdefinition'
      JOIN users_groups m ON m.company_id = r.company_id AND m.group_id = r.group_id AND m.user_id = %(created_by)s
      WHERE r.company_id = d.company_id AND r.content_object_id = d.id))
), numbered AS (
  INSERT INTO ticket_counters AS mine (company_id, last_number) SELECT %(company)s, 1001 FROM offered
  ON CONFLICT (company_id) DO UPDATE SET last_number = mine.last_number + 1
  RETURNING last_number
), ticket AS (
  INSERT INTO ticket_instances (id, company_id, number, title, ticket_type_id, ticket_data, ext_ref, ext_key,
    created_by_id, created_by_label, submission_key, has_open_error, created_at)
  SELECT %(id)s, %(company)s, last_number, %(title)s, %(ticket_type)s, %(data)s::jsonb, '[]', %(ext_key)s,
    %(created_by)s, %(actor_label)s, %(submission_key)s, false, now() FROM numbered
  ON CONFLICT (company_id, submission_key) DO NOTHING
  RETURNING number, created_at
), told AS (
  INSERT INTO workflow_events (id, company_id, ticket_id, sequence, kind, from_key, to_key, actor_id, actor_kind,
    actor_label, reason, trace, detail, created_at)
  SELECT %(event_id)s, %(company)s, %(id)s, 1, 'SUBMITTED', '', '', %(created_by)s, 'PERSON',
    %(actor_label)s, '', '[]', '{}', now() FROM ticket
)
SELECT (SELECT count(*) FROM offered) AS offered, ticket.number, ticket.created_at
FROM (SELECT) AS always LEFT JOIN ticket ON true
"""


def insert_ticket(**values: Any) -> Row:
    """Number the ticket and write it with its first event, if it is offered to the person.

    `from_outside`: a platform person who looks in, who is in no company role and may ask for all.

    Returns {offered, number, created_at}: `offered` 0 for what this person may not ask for (or not
    any more in this version); `number` None when the same submission was written before.
    """
    return ask(_NEW_TICKET, {**values, "data": as_json(values["data"])})[0]


# The assignment lock is taken once the ticket's is held: everybody takes them in this order.
