"""The parts of a task that have checks of their own, as editors complete them: calls and times.

An import does not check by these schemas: `definitions.actions` and `definitions.moments` know
more, and say it in better words. What they accept, these accept too.
"""

from typing import Any

from definitions.actions.documents import DEFAULT_METHOD, METHODS
from definitions.durations import UNITS, WORKING
from definitions.retries import ERRORS, FAMILIES

_Schema = dict[str, Any]

_A_DAY = 24 * 3600


def _group(description: str, required: list[str], properties: _Schema, **more: Any) -> _Schema:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        **more,
    }


def _ref(name: str, description: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}", "description": description}


_ERRORS = {
    "type": "array",
    "minItems": 1,
    "maxItems": 30,
    "description": "Names of the errors it is for; “*” is every error, and stands alone.",
    "items": {
        "anyOf": [
            {"enum": [*ERRORS, *FAMILIES]},
            {"type": "string", "pattern": r"^http\.[4-9][0-9]{2}$"},
        ]
    },
}

_HEADER = {
    "anyOf": [
        {"type": "string", "maxLength": 4_096},
        {"$ref": "#/$defs/secret"},
        {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/secret"}]},
        },
    ]
}

_ACTION = _group(
    "How an action calls, and what follows a failure; see “Actions” in the documentation.",
    [],
    {
        "method": {
            "enum": list(METHODS),
            "default": DEFAULT_METHOD,
            "description": "The method of the request.",
        },
        "headers": {
            "type": ["object", "null"],
            "maxProperties": 30,
            "additionalProperties": _HEADER,
            "description": "Further headers; a value is a text, a secret, or a list of both that "
            "are put together.",
            "examples": [{"Authorization": ["Bearer ", {"$secret": "erp_token"}]}],
        },
        "sign": _ref("secret", "The secret that signs each call (Standard Webhooks)."),
        "verify": _ref(
            "secret", "ASYNC_ACTION: the secret with which the answer must be signed, too."
        ),
        "idempotent": {
            "type": "boolean",
            "description": "Calling twice does no more than calling once. Left out: so for GET, "
            "PUT and DELETE.",
        },
        "retry": {
            "type": ["array", "null"],
            "maxItems": 10,
            "items": {"$ref": "#/$defs/retry"},
            "description": "When to try again, and how often. The first rule that names the error "
            "is the one. []: never.",
        },
        "catch": {
            "type": ["array", "null"],
            "maxItems": 10,
            "items": {"$ref": "#/$defs/catch"},
            "description": "Where to go on when no repetition is left.",
        },
    },
)

_SECRET = _group(
    "A secret of the company, by its name.",
    ["$secret"],
    {
        "$secret": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_.-]{1,80}$",
            "description": "Its name.",
            "examples": ["erp_token"],
        }
    },
)


def _number(description: str, least: float, most: float, default: float) -> _Schema:
    return {
        "type": "number",
        "minimum": least,
        "maximum": most,
        "default": default,
        "description": description,
    }


_RETRY = _group(
    "Try again after some errors.",
    ["errors"],
    {
        "errors": _ERRORS,
        "interval_seconds": _number("The wait before the first repetition.", 0.1, _A_DAY, 1),
        "backoff_rate": _number("Each wait is so many times as long.", 1, 10, 2),
        "max_attempts": {
            "type": "integer",
            "minimum": 0,
            "maximum": 20,
            "default": 3,
            "description": "How often to try again.",
        },
        "max_delay_seconds": _number("No wait is longer.", 1, _A_DAY, 600),
        "jitter": {
            "enum": ["FULL", "NONE"],
            "default": "FULL",
            "description": "FULL: wait anything up to that long. NONE: exactly that long.",
        },
    },
)

_CATCH = _group(
    "Go another way after some errors.",
    ["errors", "next"],
    {
        "errors": _ERRORS,
        "next": {"type": "string", "minLength": 1, "description": "Key of the task that follows."},
        "result_path": {
            "type": "string",
            "pattern": "^[A-Za-z_][A-Za-z0-9_-]{0,79}$",
            "default": "error",
            "description": "Under which name the task leaves behind what went wrong.",
        },
    },
)

_DURATION = _group(
    "How long something takes: at least one of weeks, days, hours and minutes.",
    [],
    {
        **{
            unit: {"type": "number", "minimum": 0, "description": f"So many {unit}."}
            for unit in UNITS
        },
        WORKING: {
            "type": "boolean",
            "default": False,
            "description": "Counts the company's working hours only, and no holidays.",
        },
    },
    minProperties=1,
)

_DAY = _group(
    "A day, or a day and a time. A day alone means the end of its working hours.",
    ["at"],
    {
        "at": {
            "type": ["string", "object"],
            "description": "A date, a date and a time with its offset, or a value from the data: "
            '{"$": <JsonLogic>}.',
            "examples": ["2026-12-24", {"$": {"var": "ticket.needed_on"}}],
        },
        "plus": _ref("duration", "So much later."),
        "minus": _ref("duration", "So much earlier."),
    },
)

_MOMENT = {
    "description": "When something is to be: a duration from the task's start, or a day.",
    "anyOf": [{"$ref": "#/$defs/duration"}, {"$ref": "#/$defs/day"}],
}

_REMINDER = _group(
    "When whoever has the task is reminded: one of before and after.",
    [],
    {
        "before": _ref("duration", "So long before it is due."),
        "after": _ref("duration", "So long after it started."),
    },
    minProperties=1,
    maxProperties=1,
)

#: Further `$defs` of the format.
DETAILS: _Schema = {
    "action": _ACTION,
    "retry": _RETRY,
    "catch": _CATCH,
    "secret": _SECRET,
    "duration": _DURATION,
    "day": _DAY,
    "moment": _MOMENT,
    "reminder": _REMINDER,
}
#: Which of them says what a part of a task may be.
DETAILED = {"action": "action", "due": "moment", "until": "moment", "reminder": "reminder"}
