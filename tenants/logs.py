"""One line per log record, with the company, the person and the ticket it is about.

The company is read where the record is made; person and ticket come with `extra={"ticket": ...}`
or from `about(person=...)` around a piece of work. What Django says of a request when its company
is not in force any more (that a page was not found) finds them in `request.about`. Whatever else is
given with `extra` is shown, too. Values of forms, passwords and tokens are never passed to a logger
at all.
"""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from tenants.context import company_in_force

FIELDS = ("company", "person", "ticket")

# What every record has anyway, and what Django adds for its own use.
_OWN = {*vars(logging.makeLogRecord({})), *FIELDS, "message", "asctime", "request", "server_time"}

# What opens a door once is as good as a password, and stands in the address that is asked for.
_KEY_IN_ADDRESS = re.compile(
    r"(/(?:callbacks|signup|password-reset|invitation/[0-9a-f-]{36})/)[^/\s\"'?]{8,}"
)

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039  (never mutated)


@contextmanager
def about(**fields: object) -> Iterator[None]:
    """Every record made inside names these; `fields` are some of FIELDS."""
    token = _about.set(_about.get() | {name: str(value) for name, value in fields.items()})
    try:
        yield
    finally:
        _about.reset(token)


class WhoFilter(logging.Filter):
    """Adds the fields to a record; what the caller gave with `extra` stays."""

    def filter(self, record: logging.LogRecord) -> bool:
        known: dict[str, str] = {**getattr(getattr(record, "request", None), "about", {})}
        if company := company_in_force():
            known["company"] = str(company)
        known |= _about.get()
        for name in FIELDS:
            if not hasattr(record, name):
                setattr(record, name, known.get(name, ""))
        return True


def _facts(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, str]:
    """What a line says, in its order."""
    facts = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    facts |= {name: str(getattr(record, name, "")) for name in FIELDS}
    facts |= {name: str(value) for name, value in vars(record).items() if name not in _OWN}
    if record.exc_info and not _is_refusal(record):
        facts["error"] = formatter.formatException(record.exc_info)
    return {name: _KEY_IN_ADDRESS.sub(r"\1…", value) for name, value in facts.items() if value}


def _is_refusal(record: logging.LogRecord) -> bool:
    """Whether somebody was told no, or that there is nothing: where in our code is of no use."""
    status = getattr(record, "status_code", None)  # Django's, on lines about an answer
    return isinstance(status, int) and status < 500


class TextFormatter(logging.Formatter):
    """`time=… level=… message="…"`: for people, and for grep."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record, self)
        error = facts.pop("error", "")
        line = " ".join(f"{name}={_quoted(value)}" for name, value in facts.items())
        return f"{line}\n{error}" if error else line


class JsonFormatter(logging.Formatter):
    """One JSON value per line: for log collectors."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record, self), ensure_ascii=False)


def _quoted(value: str) -> str:
    """Quoted when it is more than one word, so that a value cannot pass for a further field."""
    return value if value.isprintable() and not set(' "=') & set(value) else json.dumps(value)
