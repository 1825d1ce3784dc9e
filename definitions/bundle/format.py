"""The format `ticketflower/1` as a JSON Schema: what editors complete by, and the first check of an
import. docs/bundle.md explains the same to people.

The order of properties here is the order in which an export writes them.
"""

from copy import deepcopy
from functools import cache
from typing import Any

from definitions.bundle.details import DETAILED, DETAILS
from definitions.graph import MOST_VISITS, After, Join, Split, TaskType
from definitions.schemas.checking import Checker
from definitions.schemas.fields import PASSED_ON, TYPES
from definitions.schemas.safety import DRAFT

FORMAT = "ticketflower/1"
SCHEMA_ID = "https://ticketflower.example/schemas/bundle-1.json"

#: As in `linter.KEY`; a condition reads `<task key>.<name>`, so no dots.
KEY_PATTERN = r"^[^\s.\x00-\x1f]([^.\x00-\x1f]{0,78}[^\s.\x00-\x1f])?$"
ROLE_PATTERN = r"^[-a-zA-Z0-9_]{1,60}$"
CALL_PATTERN = r"^https?://[^\s/]\S*$"
LINK_PATTERN = r"^((https?://|mailto:|urn:)\S+)?$"

MOST_TASKS = 1_000
MOST_TRANSITIONS = 5_000
MOST_DEFINITIONS = 2_000
MOST_SCENARIOS = 50
#: A scenario tells of so many steps at most.
MOST_STEPS_OF_SCENARIO = 100
INT32 = 2**31 - 1

_Schema = dict[str, Any]


def _text(description: str, most: int, **more: Any) -> _Schema:
    return {"type": "string", "maxLength": most, "description": description, **more}


def _ref(name: str, description: str = "") -> _Schema:
    return {"$ref": f"#/$defs/{name}", **({"description": description} if description else {})}


def _list(of: _Schema, description: str, most: int, **more: Any) -> _Schema:
    return {"type": "array", "items": of, "maxItems": most, "description": description, **more}


def _group(description: str, required: list[str], properties: _Schema, **more: Any) -> _Schema:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        **more,
    }


_TITLE = "What people read. Left out: the key."
_KEY = _text(
    "The name that this file, conditions and commands use: up to 80 characters, no dots or line "
    "breaks. It stays; titles may change.",
    80,
    pattern=KEY_PATTERN,
    examples=["purchase", "approve"],
)
_ROLE = _text(
    "Key of a company role.", 60, pattern=ROLE_PATTERN, examples=["user", "managers", "it-support"]
)
_EXT_REFS = _list(_ref("ext_ref"), "Where the same thing lives in other systems.", 50, default=[])
_FORM = (
    "JSON Schema 2020-12 with type object. Its properties are the questions, in their order. "
    "References stay inside the schema (#/…)."
)
_LAYOUT = (
    "How it is arranged: a subset of the JSON Forms UI schema. Left out: in the order of the "
    "questions."
)

_EXT_REF = _group(
    "A link to another system.",
    [],
    {
        "label": _text("What the link is called.", 200),
        "desc": _text("What is to be found there.", 2_000),
        "uri": _text("Its address: https, http, mailto or urn.", 2_000, pattern=LINK_PATTERN),
    },
    minProperties=1,
)

_FIELD = _group(
    "One thing that the workflow wants to know; conditions read it at ticket.<name>.",
    ["name"],
    {
        "name": _text(
            "Name of the value; no dots.", 80, minLength=1, examples=["amount", "needed_on"]
        ),
        "type": {
            "enum": list(TYPES),
            "default": "string",
            "description": "What kind of answer. text is several lines; choice and multichoice "
            "need choices. file takes one, and several with maxItems; x-accept says which kinds.",
        },
        "title": _text("The question as people read it.", 200),
        "description": _text("Help below the question.", 2_000),
        "required": {"type": "boolean", "default": False, "description": "It must be answered."},
        "default": {"description": "The answer that stands there at first."},
        "choices": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1_000,
            "description": "The possible answers: plain values, or {value, title}.",
            "items": {
                "type": ["string", "number", "object"],
                "required": ["value"],
                "properties": {
                    "value": {"type": ["string", "number", "boolean"]},
                    "title": {"type": "string"},
                },
            },
        },
        "format": _text("A format of JSON Schema for a text.", 40),
        "placeholder": _text("An example, shown in the empty field.", 200),
        "fields": {
            "type": "array",
            "items": {"type": "object"},
            "maxItems": 200,
            "description": "The fields of an object, or of each row of an array.",
        },
        **{word: {"description": f"“{word}” of JSON Schema."} for word in PASSED_ON},
    },
    patternProperties={"^x-": {"description": "For programs of your own; kept."}},
)

_ASSIGN = _group(
    "Who gets the task: of the people in {company_role: <key>}, the free one with the fewest open "
    "tasks. Left out: of all task workers.",
    [],
    {"company_role": {**_ROLE, "description": "Key of the company role whose people may get it."}},
)

_TASK = _group(
    "One step: a form for a person, a call to another system, another workflow, or a wait.",
    ["key"],
    {
        "key": {**_KEY, "not": {"const": "ticket"}},
        "title": _text(_TITLE, 200),
        "description": _text("Shown to the person who does it.", 10_000),
        "task_type": {
            "enum": [kind.value for kind in TaskType],
            "default": TaskType.FORM.value,
            "description": "FORM: a person answers output_schema. SYNC_ACTION: calls action_url "
            "and takes its answer. ASYNC_ACTION: calls action_url, and the answer comes later. "
            "SUBWORKFLOW: runs another workflow. WAIT: waits until a time.",
        },
        "assign": _ASSIGN,
        "input_schema": {
            "type": "object",
            "description": f"What must be there before it starts. {_FORM}",
        },
        "output_schema": {
            "type": "object",
            "description": "The form, and what the task leaves behind; conditions read it at "
            f"<task key>.<name>. {_FORM}",
        },
        "edit_layout": {"type": "object", "description": f"The form. {_LAYOUT}"},
        "display_layout": {"type": "object", "description": f"The finished task. {_LAYOUT}"},
        "action_url": _text(
            "Address that an action calls: https, public, port 443.",
            2_000,
            pattern=CALL_PATTERN,
            examples=["https://erp.example/orders"],
        ),
        "action": {
            "type": "object",
            "description": "Method, headers, signatures, retry and catch of a call.",
            "default": {},
        },
        "input_transform": {
            "description": "What the task is given, an action sends, or a subworkflow starts "
            'with: a template whose live leaves are {"$": <JsonLogic>}.'
        },
        "output_transform": {
            "description": "What the task leaves behind: a template that reads the answer of a "
            "call as `response`, the data of a subworkflow as `child`."
        },
        "timeout_seconds": {
            "type": "integer",
            "minimum": 1,
            "maximum": INT32,
            "description": "FORM: after so many seconds its time has run out, and a transition "
            "after: timeout is taken. SYNC_ACTION: how long the call may take, at most 300. "
            "ASYNC_ACTION: how long the answer may take; left out, 7 days.",
        },
        "due": {
            "description": "By when it should be done: a duration from its start, or a day. With a "
            "transition after: timeout, its time runs out then.",
            "examples": [
                {"days": 2, "working": True},
                {"at": {"$": {"var": "ticket.needed_on"}}, "minus": {"days": 1}},
            ],
        },
        "reminder": {
            "description": "When whoever has it is reminded.",
            "examples": [{"before": {"hours": 4}}, {"after": {"days": 1}}],
        },
        "until": {
            "description": "What a WAIT waits for: a duration from its start, or a day.",
            "examples": [{"hours": 1}, {"at": {"$": {"var": "ticket.first_day"}}}],
        },
        "max_visits": {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_VISITS,
            "description": "How often one ticket may come here; more is an error.",
        },
        "split": {
            "enum": [split.value for split in Split],
            "default": Split.ONE.value,
            "description": "ONE: the first transition that is true is taken. ALL: each that is.",
        },
        "join": {
            "enum": [join.value for join in Join],
            "default": Join.ANY.value,
            "description": "ANY: starts with each arrival. ALL: waits while another branch may "
            "arrive.",
        },
        "subworkflow": {**_KEY, "description": "Key of the workflow that a SUBWORKFLOW runs."},
        "ext_ref": _EXT_REFS,
    },
)

_TRANSITION = _group(
    "A way onward. After a task the ways are tried by priority; the first whose condition is true "
    "is taken, and the one without a condition if none is.",
    ["to"],
    {
        "from": {
            "type": ["string", "null"],
            "maxLength": 80,
            "description": "Key of the task it leaves; left out: the start.",
        },
        "to": {
            "type": ["string", "null"],
            "maxLength": 80,
            "description": "Key of the task it leads to; null: the end.",
        },
        "after": {
            "enum": [after.value for after in After],
            "default": After.DONE.value,
            "description": "done: it follows when the task was done. timeout: when its time ran "
            "out.",
        },
        "label": _text(
            "A word for the arrow, such as “declined”. The requester reads it too.", 120
        ),
        "condition": {
            "description": 'JsonLogic over {"ticket": …, "<task key>": …}. '
            "Left out: taken if no other is.",
            "examples": [{"==": [{"var": "approve.approved"}, True]}],
        },
        "priority": {
            "type": "integer",
            "minimum": -INT32,
            "maximum": INT32,
            "description": "The smallest is asked first. Left out: one more than the transition "
            "before it from the same task and after the same.",
        },
        "ext_ref": _EXT_REFS,
    },
)

_EXPECT = _group(
    "What should come of it; what is left out is not looked at.",
    [],
    {
        "path": {
            "type": "array",
            "items": {"type": "string", "maxLength": 80},
            "maxItems": MOST_STEPS_OF_SCENARIO,
            "description": "Keys of the tasks in the order in which they start.",
        },
        "ends": {"type": "boolean", "description": "Whether the workflow comes to its end."},
        "at": _text("Key of a task at which it should wait at last.", 80),
        "data": {
            "type": "object",
            "description": "Values that the data should have, such as {approve: {approved: true}}.",
        },
    },
)

_SCENARIO = _group(
    "An example that is tried at each check: given this form and these answers, it should go this "
    "way. A workflow of which one fails is not published.",
    ["title"],
    {
        "title": _text("What it shows.", 200, minLength=1, examples=["Over 200 €"]),
        "start": _text(
            "When it is submitted: a date and a time with its offset. Left out: Monday, "
            "5 January 2026, 9:00 of the company.",
            40,
        ),
        "submission": {
            "type": "object",
            "default": {},
            "description": "What is submitted, values that are not asked for included.",
        },
        "answers": {
            "type": "object",
            "default": {},
            "description": "Key of a FORM -> what is answered; of a SUBWORKFLOW -> the data that "
            "it comes to. “timeout”: nobody answers. A list: one for each visit. A task that is "
            "left out waits.",
        },
        "calls": {
            "type": "object",
            "default": {},
            "description": "Key of an action -> {response: …} or {error: <name>}, such as "
            "http.503; “timeout”: no answer comes. A list: one for each visit. Nothing is called.",
        },
        "expect": _ref("expect"),
    },
)

_WORKFLOW = _group(
    "What happens after somebody has asked: tasks, and what leads from one to the next.",
    ["key"],
    {
        "key": _KEY,
        "title": _text(_TITLE, 200),
        "description": _text("For those who design it.", 10_000),
        "fields": _list(_ref("field"), "The data that the workflow asks for.", 500, default=[]),
        "display_layout": {"type": "object", "description": f"The submitted data. {_LAYOUT}"},
        "ext_ref": _EXT_REFS,
        "tasks": _list(
            _ref("task"), "In the order in which people think of them.", MOST_TASKS, default=[]
        ),
        "transitions": _list(_ref("transition"), "What leads where.", MOST_TRANSITIONS, default=[]),
        "scenarios": _list(
            _ref("scenario"), "Examples that are tried at each check.", MOST_SCENARIOS, default=[]
        ),
    },
)

_PRESET = _group(
    "A value that is not asked for.",
    ["name", "value"],
    {
        "name": _text("Name of a field of the workflow.", 80),
        "value": {"description": "Its value; must be possible for the field."},
    },
)

_TICKET = _group(
    "What can be asked for: an entry of the catalogue, and the workflow it starts.",
    ["key", "workflow"],
    {
        "key": _KEY,
        "title": _text(_TITLE, 200),
        "description": _text("One line for the catalogue.", 2_000),
        "category": _text("Heading in the catalogue.", 80),
        "icon": _text(
            "Name of a Material Symbol.", 60, pattern="^[a-z0-9_]*$", examples=["laptop"]
        ),
        "workflow": {
            **_KEY,
            "description": "Key of the workflow it starts, here or in the company.",
        },
        "fields": _list(_ref("preset"), "Values that are not asked for.", 500, default=[]),
        "form_schema": {
            "type": "object",
            "description": "The whole form. Left out: the workflow's fields without the preset "
            f"ones. {_FORM}",
        },
        "edit_layout": {"type": "object", "description": f"The form. {_LAYOUT}"},
        "display_layout": {"type": "object", "description": f"The submitted ticket. {_LAYOUT}"},
        "title_template": _text(
            "Names a ticket from its answers.", 200, examples=["{item} for {person}"]
        ),
        "position": {
            "type": "integer",
            "minimum": 0,
            "maximum": INT32,
            "default": 0,
            "description": "Order in the catalogue; the smallest comes first.",
        },
        "ext_ref": _EXT_REFS,
        "company_role_access": _list(
            _ref("role_key"),
            "Keys of the company roles that may ask for it. Everybody has “user”.",
            200,
            default=["user"],
            uniqueItems=True,
        ),
    },
)

_COMPANY_ROLE = _group(
    "A company role that the definitions need; made where it is missing, otherwise left alone.",
    ["key"],
    {
        "key": _ROLE,
        "title": _text(_TITLE, 120),
        "description": _text("Who should have it.", 2_000),
    },
)

BUNDLE: _Schema = {
    "$schema": DRAFT,
    "$id": SCHEMA_ID,
    "title": "TicketFlower definitions",
    **_group(
        "Workflows and ticket types of a company, as one document in JSON or YAML.",
        ["format"],
        {
            "$schema": _text("Address of this schema, for your editor.", 2_000),
            "format": {"const": FORMAT, "description": "Version of the format."},
            "company_roles": _list(_ref("company_role"), "Roles that must exist.", 500, default=[]),
            "workflows": _list(_ref("workflow"), "What happens.", MOST_DEFINITIONS, default=[]),
            "tickets": _list(
                _ref("ticket"), "What can be asked for.", MOST_DEFINITIONS, default=[]
            ),
        },
    ),
    "$defs": {
        "company_role": _COMPANY_ROLE,
        "workflow": _WORKFLOW,
        "task": _TASK,
        "transition": _TRANSITION,
        "scenario": _SCENARIO,
        "expect": _EXPECT,
        "ticket": _TICKET,
        "field": _FIELD,
        "preset": _PRESET,
        "ext_ref": _EXT_REF,
        "role_key": _ROLE,
    },
}


def bundle_schema() -> _Schema:
    """The JSON Schema (2020-12) of a bundle, calls and times included; a copy of your own."""
    schema = deepcopy({**BUNDLE, "$defs": {**BUNDLE["$defs"], **DETAILS}})
    parts = schema["$defs"]["task"]["properties"]
    for name, detail in DETAILED.items():
        parts[name] = {**parts[name], "$ref": f"#/$defs/{detail}"}
    return schema


def part(name: str) -> _Schema:
    """The schema of one kind of part: `workflow`, `task`, `transition`, `ticket`, …"""
    schema: _Schema = BUNDLE["$defs"][name]
    return schema


@cache
def checker_of(name: str) -> Checker:
    """Checks one part, or with "" the whole bundle."""
    if not name:
        return Checker(BUNDLE)
    return Checker({"$schema": DRAFT, **part(name), "$defs": BUNDLE["$defs"]})
