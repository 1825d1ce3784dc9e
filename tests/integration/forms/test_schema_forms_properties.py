"""For any schema and any answer: schema -> form -> form data -> the same answer."""

import json
from typing import Any

from django.http import QueryDict
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from admin_site.schema_forms import CannotBePosted, answers, as_post_data, form_for
from definitions.layouts import checked, generated_layout, layout_problems
from definitions.schemas import check_storable, problems, schema_problems

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text
)
NAME = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8)

#: Pairs of a schema and a strategy for values that are right for it.
QUESTION: st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]] = st.one_of(
    st.just(({"type": "string", "minLength": 1}, TEXT)),
    st.just(({"type": "string", "x-widget": "textarea"}, TEXT)),
    st.just(({"type": "integer"}, st.integers(-(10**15), 10**15))),
    st.just(({"type": "number"}, st.integers(-(10**9), 10**9).map(lambda n: n / 1000))),
    st.just(({"type": "boolean"}, st.booleans())),
    st.just(({"const": True}, st.just(True))),
    st.just(({"type": "string", "format": "date"}, st.dates().map(lambda day: day.isoformat()))),
    st.just(({"type": "string", "format": "uuid"}, st.uuids().map(str))),
    st.lists(st.one_of(TEXT, st.integers(0, 99)), min_size=1, max_size=7, unique_by=repr).map(
        lambda values: ({"enum": values}, st.sampled_from(values))
    ),
    st.lists(TEXT, min_size=1, max_size=5, unique=True).map(
        lambda values: (
            {"type": "array", "uniqueItems": True, "items": {"enum": values}},
            st.lists(st.sampled_from(values), min_size=1, unique=True),
        )
    ),
    st.just(
        ({"type": "array", "items": {"type": "string"}}, st.lists(TEXT, min_size=1, max_size=3))
    ),
)


def group(
    questions: st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]],
) -> st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]:
    """A schema with named questions, some required, and answers to all of them."""

    def made(named: dict[str, tuple[Any, Any]], required: set[str]) -> tuple[Any, Any]:
        schema = {
            "type": "object",
            "properties": {name: schema for name, (schema, _) in named.items()},
            "required": sorted(required & set(named)),
            "additionalProperties": False,
        }
        return schema, st.fixed_dictionaries({name: value for name, (_, value) in named.items()})

    named = st.dictionaries(NAME, questions, min_size=1, max_size=4)
    return named.flatmap(
        lambda found: st.builds(made, st.just(found), st.sets(st.sampled_from(sorted(found))))
    )


FORM = group(st.one_of(QUESTION, group(QUESTION)))


def sent(schema: Any, layout: Any, value: Any) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, texts in as_post_data(form_for(schema, layout), value).items():
        data.setlist(name, texts)
    return data


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_right_answer_comes_back_from_the_form(data: st.DataObject) -> None:
    schema, values = data.draw(FORM)
    value = data.draw(values)
    layout = data.draw(st.sampled_from([None, generated_layout(schema)]))
    assume(not _has_group_of_untouched_switches(schema, value))
    assert schema_problems(schema) == []
    assert problems(schema, value) == []

    form = form_for(schema, layout, data=sent(schema, layout, value))

    assert form.is_valid(), form.problems
    assert form.value == value
    assert problems(schema, form.value) == []
    assert str(form)
    assert answers(schema, value)


def _has_group_of_untouched_switches(schema: Any, value: Any) -> bool:
    """An optional group in which all is "no": a browser sends the same as for no group at all."""
    return any(
        isinstance(inner, dict)
        and name not in schema["required"]
        and all(entry is False for entry in inner.values())
        for name, inner in value.items()
    )


JUNK = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=5),
        st.sampled_from(["string", "object", "array", "#", "#/properties/a", "date", "SHOW"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([
                "type", "properties", "items", "required", "enum", "const", "anyOf", "oneOf",
                "allOf", "if", "then", "$ref", "$defs", "format", "default", "title", "a", "not",
                "elements", "scope", "rule", "condition", "effect", "schema", "logic", "options",
                "widget", "label", "maxLength", "examples", "dependentSchemas", "minItems",
                "additionalProperties",
            ]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JUNK, JUNK, JUNK, st.dictionaries(st.sampled_from(["a", "answer", "a.~rows"]), st.text()))
def test_no_schema_layout_or_answer_breaks_a_form(
    schema: Any, layout: Any, initial: Any, data: dict[str, str]
) -> None:
    query = QueryDict(mutable=True)
    query.update(data)

    form = form_for(schema, layout, data=query, initial=initial)

    assert bool(form.refusal) is bool(schema_problems(schema))
    if form.is_valid():
        assert not check_storable(form.value)
        assert not checked(schema, layout, form.value, now=form.now).problems
    assert str(form)
    assert str(form_for(schema, layout, initial=form.draft))
    assert json.dumps(form.draft) is not None
    if not form.refusal:
        layout_problems(layout, schema)
        answers(schema, initial, layout)


@settings(max_examples=200, deadline=None)
@given(FORM, JUNK)
def test_any_answer_at_all_can_be_sent_or_is_said_to_be_impossible(pair: Any, value: Any) -> None:
    schema, _ = pair
    try:
        data = sent(schema, None, value)
    except CannotBePosted:
        return

    form = form_for(schema, data=data)

    if not problems(schema, value):
        assert form.is_valid() or not value
