"""Statuses have one word everywhere: the table of `admin_site.statuses` says it, nobody else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import admin_site
from admin_site import statuses

HERE = Path(admin_site.__file__).parent
MODULES = sorted(path for path in HERE.rglob("*.py") if path.name != "statuses.py")
TEMPLATES = sorted((HERE / "templates").rglob("*.html"))

# What was once said beside the word that is right.
SECOND_WORDS = {
    "Stopped": r"Failed|Ticket errors?",
    "Being looked into": r"Paused for a repair",
    "Cancelled, or Withdrawn": r"was stopped\b|stopped (the|this) request",
    "Assign": r"Give to somebody|Give it to somebody\b(?! else)",
    statuses.TEAM_ONLY: r"Only for the team|Only the team reads",
    "Log in": r"Sign in|Come in",
    "Looked at": r"is looking\b(?! at)",
}


def named(path: Path) -> str:
    return str(path.relative_to(HERE))


def texts_of(path: Path) -> Iterator[str]:
    """Every text of a module but its docstrings, or what stands between the tags of a template."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        yield re.sub(r"{#.*?#}", "", source)
        return
    tree = ast.parse(source)
    told = {
        id(node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


@pytest.mark.parametrize("path", [*MODULES, *TEMPLATES], ids=named)
def test_no_page_has_a_second_word_for_a_status_or_an_act(path: Path) -> None:
    for text in texts_of(path):
        for right, wrong in SECOND_WORDS.items():
            found = re.search(wrong, text)
            assert not found, f"{named(path)} says “{found and found[0]}”; the word is “{right}”."


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_makes_a_status_word_of_its_own(path: Path) -> None:
    """`Status("Failed", …)` outside the table; a word made of a name ("With Ana") is no status."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Status":
            assert not isinstance(node.args[0], ast.Constant), f"{named(path)}:{node.lineno}"


@pytest.mark.parametrize("kind", [*statuses.KINDS])
def test_one_word_has_one_colour_among_the_statuses_of_one_thing(kind: str) -> None:
    colours: dict[str, set[statuses.Tone]] = {}
    for shown in statuses.KINDS[kind].values():
        colours.setdefault(shown.word, set()).add(shown.tone)

    assert {word: tones for word, tones in colours.items() if len(tones) > 1} == {}


def test_a_ticket_and_its_task_stop_in_one_word_and_one_colour() -> None:
    assert statuses.status("task", "ERROR") == statuses.status("mark", "STOPPED")
    assert statuses.status("mark", "STOPPED") == ("Stopped", statuses.Tone.RED)
    for value in ("COMPLETED", "CANCELLED"):
        words = {statuses.status(kind, value) for kind in ("task", "workflow", "request")}
        assert len(words) == 1, value
