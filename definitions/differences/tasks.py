"""One task: what it does, who gets it, when it is due, what it asks, what it calls."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from definitions.differences.layouts import layout_changes
from definitions.differences.moments import Labels, moment, reminder
from definitions.differences.questions import form_changes, titles_in
from definitions.differences.templates import template_changes
from definitions.differences.values import (
    MISSING,
    changed,
    each_changed,
    listed,
    mapping,
    same,
    sequence,
    shown,
)
from definitions.graph import Join, Split, TaskType
from definitions.moments import AT
from definitions.retries import ERRORS, FAMILIES
from definitions.schemas import JSON

KINDS = {
    TaskType.FORM: "a form for a person",
    TaskType.SYNC_ACTION: "a call that is answered at once",
    TaskType.ASYNC_ACTION: "a call that is answered later",
    TaskType.SUBWORKFLOW: "another workflow",
    TaskType.WAIT: "a wait",
}
_KINDS_BY_NAME: Mapping[str, str] = {kind.value: words for kind, words in KINDS.items()}
_SPLITS = {Split.ONE: "the first way that is true", Split.ALL: "every way that is true"}
_JOINS = {Join.ANY: "starts with each arrival", Join.ALL: "waits for every branch"}


@dataclass(frozen=True, slots=True)
class Names:
    """What people call things: `paths` of the data, `tasks`, company `roles` by their keys."""

    paths: Labels
    tasks: Labels
    roles: Labels

    def task(self, key: JSON) -> str:
        return "the end" if key is None else f"“{self.tasks.get(str(key), str(key))}”"


def task_changes(old: Mapping[str, JSON], new: Mapping[str, JSON], names: Names) -> Iterator[str]:
    """Line by line, in the order of the format."""
    for name in dict.fromkeys([*_TOLD, *old, *new]):
        was, now = old.get(name, MISSING), new.get(name, MISSING)
        both = was is not MISSING and now is not MISSING
        if name == "key" or (was is MISSING and now is MISSING) or (both and _same(name, was, now)):
            continue
        told = _TOLD[name](was, now, names) if name in _TOLD else changed(name, was, now)
        yield from told


def task_in_words(task: Mapping[str, JSON], names: Names) -> Iterator[str]:
    """What a new task is, shortly."""
    kind = str(task.get("task_type", TaskType.FORM.value))
    if kind == TaskType.FORM:
        yield f"a form for {_whom(task.get('assign', MISSING), names)}"
    else:
        yield _KINDS_BY_NAME.get(kind, kind)
    if asked := titles_in(task.get("output_schema")):
        yield f"{'asks' if kind == TaskType.FORM else 'leaves behind'} {listed(asked)}"
    if "due" in task:
        yield f"due {_by(task['due'])}{moment(task['due'], names.paths)}"
    if "until" in task:
        yield f"waits {_until(task['until'])}{moment(task['until'], names.paths)}"
    for name, words in (("action_url", "calls {}"), ("subworkflow", "runs {}")):
        if name in task:
            yield words.format(shown(task[name]))
    if task.get("split") == Split.ALL:
        yield "every way that is true is taken"
    if task.get("join") == Join.ALL:
        yield "waits for every branch"


def _by(document: JSON) -> str:
    return "by " if AT in mapping(document) else "within "


def _until(document: JSON) -> str:
    return "until " if AT in mapping(document) else ""


def _same(name: str, was: JSON, now: JSON) -> bool:
    """The order of names means something in forms only, which look for themselves."""
    return same(was, now) and name not in _FORMS


_Told = Callable[[JSON, JSON, Names], Iterator[str]]


def _plain(called: str) -> _Told:
    return lambda was, now, _names: changed(called, was, now)


def _title(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
    if was is MISSING or now is MISSING:
        yield f"is now called {'by its key' if now is MISSING else shown(now)}"
    else:
        yield f"is now called {shown(now)} (was {shown(was)})"


def _word(called: str, words: Mapping[Any, str], usual: str) -> _Told:
    def told(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
        said = [words.get(str(usual if one is MISSING else one), str(one)) for one in (was, now)]
        yield f"{called}: {said[0]} → {said[1]}"

    return told


def _assign(was: JSON, now: JSON, names: Names) -> Iterator[str]:
    yield f"who gets it: {_whom(was, names)} → {_whom(now, names)}"


def _whom(document: JSON, names: Names) -> str:
    role = {} if document is MISSING else mapping(document)
    key = role.get("company_role")
    return f"“{names.roles.get(str(key), str(key))}”" if key else "any task worker"


def _form(called: str, word: str) -> _Told:
    def told(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
        if was is MISSING or now is MISSING:
            schema = now if was is MISSING else was
            asked = titles_in(schema)
            there = "added" if was is MISSING else "removed"
            yield f"{called} {there}{f': {listed(asked)}' if asked else ''}"
            return
        if lines := list(form_changes(was, now, word)):
            yield from lines
        elif not same(was, now):
            yield f"{called} changed"

    return told


def _layout(called: str) -> _Told:
    return lambda was, now, names: layout_changes(called, was, now, names.paths)


def _template(called: str) -> _Told:
    return lambda was, now, names: template_changes(called, was, now, names.paths)


def _time(called: str, say: Callable[[JSON, Labels], str]) -> _Told:
    return lambda was, now, names: changed(called, was, now, lambda one: say(one, names.paths))


def _seconds(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
    yield from changed("time limit", was, now, lambda one: f"{shown(one)} seconds")


def _links(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
    yield from link_changes(was, now)


def link_changes(was: JSON, now: JSON) -> Iterator[str]:
    """Links to other systems, one by one."""
    before, after = _links_by_address(was), _links_by_address(now)
    for address, link in after.items():
        if address not in before:
            yield f"link {_link(link)} added"
        elif not same(before[address], link):
            called = {"label": "name", "desc": "description", "uri": "address"}
            for told in each_changed(before[address], link, called):
                yield f"link {_link(link)}: {told}"
    for address, link in before.items():
        if address not in after:
            yield f"link {_link(link)} removed"
    if before.keys() == after.keys() and list(before) != list(after):
        yield "links in another order"


def _links_by_address(links: JSON) -> dict[str, Mapping[str, JSON]]:
    """By what makes a link the same; equal ones are numbered."""
    found: dict[str, Mapping[str, JSON]] = {}
    for number, link in enumerate(map(mapping, sequence(links))):
        address = str(link.get("uri") or link.get("label"))
        found[address if address not in found else f"{address} {number}"] = link
    return found


def _link(link: Mapping[str, JSON]) -> str:
    return f"“{link.get('label') or link.get('uri') or link.get('desc')}”"


# --- the call -------------------------------------------------------------------------------------


def _action(was: JSON, now: JSON, names: Names) -> Iterator[str]:
    before, after = ({} if one is MISSING else mapping(one) for one in (was, now))
    for name in dict.fromkeys([*_OF_CALL, *before, *after]):
        old, new = before.get(name, MISSING), after.get(name, MISSING)
        both = old is not MISSING and new is not MISSING
        if (old is MISSING and new is MISSING) or (both and same(old, new)):
            continue
        told = _OF_CALL[name](old, new, names) if name in _OF_CALL else changed(name, old, new)
        yield from (f"call: {line}" for line in told)


def _method(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
    said = ["POST" if one in (MISSING, None) else str(one) for one in (was, now)]
    yield f"method {said[0]} → {said[1]}" if said[0] != said[1] else "method changed"


def _headers(was: JSON, now: JSON, _names: Names) -> Iterator[str]:
    before, after = ({} if one is MISSING else mapping(one) for one in (was, now))
    told = list(
        each_changed(before, after, {name: f"header “{name}”" for name in (*before, *after)})
    )
    yield from told or ["headers changed"]


def _secret(called: str) -> _Told:
    def name_of(one: JSON) -> str:
        return f"with the secret “{mapping(one).get('$secret')}”"

    return lambda was, now, _names: changed(called, was, now, name_of)


def _rules(called: str, say: Callable[[Mapping[str, JSON], Names], str]) -> _Told:
    def told(was: JSON, now: JSON, names: Names) -> Iterator[str]:
        def all_of(rules: JSON) -> str:
            if rules is MISSING or rules is None:
                return "as usual"
            return "; ".join(say(mapping(one), names) for one in sequence(rules)) or "never"

        old, new = all_of(was), all_of(now)
        yield f"{called}: {old} → {new}" if old != new else f"{called} changed"

    return told


def _retry(said: Mapping[str, JSON], _names: Names) -> str:
    words = {
        "max_attempts": "{} times", "interval_seconds": "after {} seconds",
        "backoff_rate": "each wait {} times as long", "max_delay_seconds": "at most {} seconds",
    }  # fmt: skip
    more = [text.format(shown(said[name])) for name, text in words.items() if name in said]
    if "jitter" in said:
        more.append("exactly then" if said["jitter"] == "NONE" else "or sooner")
    more += [f"{name} {shown(value)}" for name, value in said.items() if name not in _OF_RETRY]
    return f"{_after(said.get('errors'))}{': ' if more else ''}{', '.join(more)}"


_OF_RETRY = (
    "errors", "max_attempts", "interval_seconds", "backoff_rate", "max_delay_seconds", "jitter",
)  # fmt: skip


def _catch(said: Mapping[str, JSON], names: Names) -> str:
    left = f", left behind as “{said['result_path']}”" if "result_path" in said else ""
    return f"{_after(said.get('errors'))}: on to {names.task(said.get('next'))}{left}"


def _after(errors: JSON) -> str:
    known = {"*": "any error", **{name: name for name in (*ERRORS, *FAMILIES) if name != "*"}}
    return f"after {listed([known.get(str(one), str(one)) for one in sequence(errors)])}"


_OF_CALL: Mapping[str, _Told] = {
    "method": _method,
    "headers": _headers,
    "sign": _secret("signed"),
    "verify": _secret("its answer is signed"),
    "idempotent": _plain("twice is as good as once"),
    "retry": _rules("tries again", _retry),
    "catch": _rules("goes another way", _catch),
}
_FORMS = ("input_schema", "output_schema")
_TOLD: Mapping[str, _Told] = {
    "title": _title,
    "description": _plain("description"),
    "task_type": _word("kind", KINDS, TaskType.FORM.value),
    "assign": _assign,
    "input_schema": _form("what it needs", "needed value"),
    "output_schema": _form("form", "question"),
    "edit_layout": _layout("arrangement of the form"),
    "display_layout": _layout("arrangement of the answer"),
    "action_url": _plain("address"),
    "action": _action,
    "input_transform": _template("what it is given"),
    "output_transform": _template("what it leaves behind"),
    "timeout_seconds": _seconds,
    "due": _time("due", moment),
    "reminder": _time("reminder", lambda one, _labels: reminder(one)),
    "until": _time("waits for", moment),
    "max_visits": _plain("most visits"),
    "split": _word("takes", _SPLITS, Split.ONE.value),
    "join": _word("start", _JOINS, Join.ANY.value),
    "subworkflow": _plain("workflow that it runs"),
    "ext_ref": _links,
}
