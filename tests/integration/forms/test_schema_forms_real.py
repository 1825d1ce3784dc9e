"""Forms of other people: what is right is accepted, what is wrong is refused at the named field."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import QueryDict

from admin_site.schema_forms import CannotBePosted, SchemaForm, answers, as_post_data, form_for
from definitions.schemas import problems, schema_problems


def forms_in(folder: Path) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(name, schema, cases) of every form in a folder with a cases.json."""
    for name, cases in json.loads((folder / "cases.json").read_text()).items():
        schema = cases.get("reference_schema") or json.loads((folder / name).read_text())
        yield name, schema, cases


def every_form(real_inputs: Path) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    for folder in ("json_schema_forms", "issue_forms"):
        yield from forms_in(real_inputs / folder)


def sent(schema: Any, value: Any) -> SchemaForm:
    """The form after somebody filled in `value` and sent it."""
    data = QueryDict(mutable=True)
    for name, texts in as_post_data(form_for(schema), value).items():
        data.setlist(name, texts)
    return form_for(schema, data=data)


def place(case: dict[str, Any]) -> str:
    """The cases write the whole as "/", a JSON pointer writes it as ""."""
    return str(case["at"]).rstrip("/")


def test_every_real_schema_is_usable(real_inputs: Path) -> None:
    for name, schema, _ in every_form(real_inputs):
        assert schema_problems(schema) == [], name


def test_every_valid_submission_is_accepted_as_it_is(real_inputs: Path) -> None:
    for name, schema, cases in every_form(real_inputs):
        for value in cases["valid"]:
            form = sent(schema, value)

            assert form.is_valid(), (name, form.problems)
            assert form.value == value, name
            assert problems(schema, form.value) == [], name
            assert str(form_for(schema, initial=value))
            assert bool(answers(schema, value)) is bool(value)


def test_every_invalid_submission_is_refused_at_the_named_field(real_inputs: Path) -> None:
    for name, schema, cases in every_form(real_inputs):
        for case in cases["invalid"]:
            found = problems(schema, case["data"])

            assert place(case) in [problem.path for problem in found], (name, case["why"], found)


def test_the_form_refuses_beside_the_named_field_what_a_browser_can_send(real_inputs: Path) -> None:
    unsayable: Counter[str] = Counter()
    refused = 0
    for name, schema, cases in every_form(real_inputs):
        for case in cases["invalid"]:
            try:
                form = sent(schema, case["data"])
            except CannotBePosted:
                unsayable[case["why"]] += 1
                continue

            assert not form.is_valid(), (name, case)
            assert place(case) in [problem.path for problem in form.problems], (name, case)
            assert form.errors, name
            assert "tf-field-errors" in str(form), name
            refused += 1

    assert refused > sum(unsayable.values())
    # Types, null and names nobody asked for have no form in HTML; and "" is how "no answer" looks.
    assert set(unsayable) <= {
        "wrong type", "null", "not a list", "undeclared property", "too short",
    }  # fmt: skip


def test_an_answer_can_be_begun_kept_and_taken_up_again(real_inputs: Path) -> None:
    for name, schema, cases in every_form(real_inputs):
        value = cases["valid"][-1]

        draft = sent(schema, value).draft
        again = sent(schema, {})
        finished = form_for(schema, data=None, initial=draft)

        assert draft == value, name
        assert again.draft is not None
        for text in (text for text in value.values() if isinstance(text, str)):
            assert text.split("\n")[0].replace("'", "&#x27;") in str(finished), name
