"""The parts of a page: one word and colour per status, and nothing that is not escaped."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Field
from django.template import Context, Template

from admin_site import html, statuses
from admin_site.parts import Condition, Entry, Fact, Pill, Row, RowGroup, Step, Tab, Tile
from admin_site.statuses import Tone

EVIL = "<evil>&\"'"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def drawn(source: str, **values: object) -> str:
    return Template("{% load flower %}" + source).render(Context(values))


def choices_of(path: str) -> list[str]:
    from django.apps import apps

    model, _, name = path.rpartition(".")
    field: Field[Any, Any] = apps.get_model(model)._meta.get_field(name)
    return [value for value, _ in field.flatchoices]


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("task", "operations.TaskInstance.t_status"),
        ("workflow", "operations.WorkflowInstance.w_status"),
        ("error", "operations.TicketError.error_status"),
        ("error_type", "operations.TicketError.error_type"),
        ("task_type", "definitions.TaskDefinition.task_type"),
        ("definition", "definitions.WorkflowDefinition.status"),
    ],
)
def test_every_status_there_is_has_a_word(kind, field):
    values = choices_of(field)

    assert values
    assert set(values) <= set(statuses.KINDS[kind])


def test_an_unknown_status_breaks_no_page():
    assert statuses.status("task", "ON_THE_MOON") == ("On the moon", Tone.GREY)
    assert statuses.status("task", None).word == "Unknown"


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("{% label x 'info' %}", {"x": EVIL}),
        ("{% person x %}", {"x": EVIL}),
        ("{% btn x href=x %}", {"x": EVIL}),
        ("{% btn x name=x value=x %}", {"x": EVIL}),
        ("{% card title=x meta=x %}{{ x }}{% endcard %}", {"x": EVIL}),
        ("{% note 'red' %}{{ x }}{% endnote %}", {"x": EVIL}),
        ("{% pagehead title=x eyebrow=x lead=x %}{{ x }}{% endpagehead %}", {"x": EVIL}),
        ("{% facts x %}", {"x": [Fact(EVIL, EVIL), (EVIL, EVIL)]}),
        ("{% tracker x %}", {"x": [Step(EVIL, "now", EVIL)]}),
        ("{% timeline x %}", {"x": [Entry(NOW, EVIL, EVIL, EVIL, EVIL, EVIL)]}),
        ("{% why x %}", {"x": [Condition(EVIL, EVIL, EVIL, EVIL)]}),
        ("{% inbox x %}", {"x": [RowGroup(EVIL, [Row(EVIL, EVIL, EVIL, who=EVIL)])]}),
        ("{% rows x %}", {"x": [Row(EVIL, EVIL, EVIL, action=EVIL, action_url=EVIL)]}),
        ("{% tabs x %}", {"x": [Tab(EVIL, EVIL, EVIL)]}),
        ("{% pills x %}", {"x": [Pill(EVIL, EVIL, EVIL, [Tab(EVIL, EVIL)])]}),
        ("{% tile x %}", {"x": Tile(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL)}),
        ("{% stat x x x href=x %}", {"x": EVIL}),
        ("{% empty x x href=x button=x %}", {"x": EVIL}),
        ("{% search_box value=x placeholder=x keep=k %}", {"x": EVIL, "k": {EVIL: EVIL}}),
    ],
)
def test_every_part_escapes_what_it_is_given(source, values):
    page = drawn(source, **values)

    assert "&lt;evil&gt;&amp;" in page.lower()
    assert "<evil" not in page.lower()


def test_the_title_of_a_page_is_its_only_h1():
    assert "<h1" in drawn("{% pagehead title='A' %}{% endpagehead %}", **{"shell": "calm"})
    assert "<h2" in drawn("{% pagehead title='A' %}{% endpagehead %}", **{"shell": "sidebar"})


def test_people_get_two_letters_and_a_colour_of_their_own():
    assert html.initials("Ana Weber") == "AW"
    assert html.initials("ana@hallmann.example") == "AH"
    assert html.initials("田中") == "田"
    assert html.initials("…") == "?"
    assert html.avatar("Ana Weber") == html.avatar("Ana Weber") != html.avatar("Ben Aydin")


def test_nobody_and_the_system_are_no_people():
    assert "Nobody" in html.person(None)
    assert "System" in html.person(html.SYSTEM)


def test_the_state_of_a_step_is_said_and_not_only_coloured():
    page = drawn("{% tracker x %}", x=[Step("A", "done"), Step("B", "failed"), Step("C", "skip")])

    assert all(word in page for word in ("(done)", "(failed)", "(not needed)"))
    assert page.count('aria-current="step"') == 1
