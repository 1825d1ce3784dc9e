"""The gallery's bundles: nothing to complain of, and every way of each leads to an end."""

from typing import Any

import pytest

from definitions.bundle.meaning import graph_of
from definitions.bundle.structure import structure
from definitions.documents import from_value
from definitions.gallery import FOLDER, entries, entry_of
from definitions.gallery.cloning import Wishes, cloned, free_key
from definitions.services import check_bundle
from tenants.errors import NotFound
from tests.ways import edges_of, ends_of, ways_along

KEYS = [entry.key for entry in entries()]
WORKFLOWS = [
    pytest.param(part.document, id=f"{key}: {part.key}")
    for key in KEYS
    for part in structure(entry_of(key).document).workflows
]


def test_ten_are_shipped_and_each_is_told_of() -> None:
    assert len(KEYS) == 10
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(KEYS)
    with pytest.raises(NotFound):
        entry_of("../starters/small-office")


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_has_nothing_to_complain_of(key: str) -> None:
    assert check_bundle(entry_of(key).document) == []


@pytest.mark.parametrize("key", KEYS)
def test_an_entry_says_what_it_is_for_and_who_is_needed(key: str) -> None:
    entry = entry_of(key)

    assert entry.purpose and entry.words and 2 <= len(entry.story) <= 4
    assert entry.workflow["key"] == entry.ticket["key"] == entry.ticket["workflow"] == key
    assert entry.ticket["icon"] and entry.ticket["category"] and entry.ticket["description"]
    assert len(entry.workflow["scenarios"]) >= 2
    assert entry.roles and all(role.does and role.description for role in entry.roles)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_way_that_is_drawn_leads_to_an_end(workflow: dict[str, Any]) -> None:
    graph = graph_of(workflow)

    ways = ways_along(graph)

    drawn = edges_of(graph)
    assert {key: drawn[key] for key in drawn if key not in ways} == {}
    assert ends_of(graph)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_only_what_is_refused_ends_with_a_word(workflow: dict[str, Any]) -> None:
    """A request that ends without one is shown as done, so each workflow has such an end."""
    assert any(not edge.label for edge in ends_of(graph_of(workflow)))


# Cloning


@pytest.mark.parametrize("key", KEYS)
def test_a_clone_has_its_own_keys_and_the_companys_roles(key: str) -> None:
    entry = entry_of(key)
    taken = {part.key for part in structure(entry.document).workflows}
    roles = {role.key: "boss" for role in entry.roles}

    bundle = cloned(entry, Wishes("mine", "My own", roles), taken)

    parts = structure(from_value(bundle))
    assert check_bundle(from_value(bundle)) == []
    assert taken.isdisjoint({part.key for part in [*parts.workflows, *parts.tickets]})
    assert (parts.workflows[0].title, parts.tickets[0].title) == ("My own", "My own")
    assert parts.tickets[0].document["workflow"] == "mine"
    assert "company_roles" not in bundle
    people = [t["assign"] for w in bundle["workflows"] for t in w["tasks"] if "assign" in t]
    assert people and all(one == {"company_role": "boss"} for one in people)


def test_everybody_needs_no_company_role() -> None:
    entry = entry_of("leaver")
    roles = {role.key: "user" for role in entry.roles}

    bundle = cloned(entry, Wishes("leaver", "Leaver", roles))

    assert not any("assign" in task for task in bundle["workflows"][0]["tasks"])
    assert bundle["tickets"][0]["company_role_access"] == ["user"]
    assert "company_roles" not in bundle


def test_only_roles_that_are_not_there_are_made() -> None:
    entry = entry_of("leaver")
    roles = {"managers": "managers", "office": "front-desk", "it": "it"}

    bundle = cloned(entry, Wishes("leaver", "Leaver", roles), known_roles={"it", "front-desk"})

    assert [role["key"] for role in bundle["company_roles"]] == ["managers"]
    assert bundle["tickets"][0]["company_role_access"] == ["managers", "front-desk"]


def test_a_second_one_of_an_inner_workflow_is_called_so() -> None:
    entry = entry_of("supplier-onboarding")

    bundle = cloned(entry, Wishes("s2", "Suppliers", {}), {"bank-details-check"})

    main, inner = bundle["workflows"]
    assert (inner["key"], inner["title"]) == ("bank-details-check-2", "Check of bank details 2")
    runs = [task["subworkflow"] for task in main["tasks"] if "subworkflow" in task]
    assert runs == ["bank-details-check-2"]


def test_a_free_key_is_never_too_long() -> None:
    long = "a" * 80

    assert free_key("a", set()) == "a"
    assert free_key("a", {"a", "a-2"}) == "a-3"
    assert free_key(long, {long}) == "a" * 78 + "-2"
