"""A sealed secret opens for its company, with a key that is still there, and else not at all."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tenants.context import tenant_context
from tenants.errors import NoTenant
from tenants.sealing import CannotOpen, open_sealed, reseal, seal

OLD, NEW = "old-" * 8, "new-" * 8


@pytest.mark.django_db
def test_a_sealed_text_opens_for_its_company_alone(acme, globex) -> None:
    with tenant_context(acme.company):
        sealed = seal("s3cr3t")
        assert open_sealed(sealed) == "s3cr3t"

    with tenant_context(globex.company), pytest.raises(CannotOpen):
        open_sealed(sealed)


@pytest.mark.django_db
def test_nothing_is_sealed_for_nobody(acme) -> None:
    with pytest.raises(NoTenant):
        seal("s3cr3t")
    with tenant_context(acme.company):
        sealed = seal("s3cr3t")
    with pytest.raises(NoTenant):
        open_sealed(sealed)


@pytest.mark.django_db
def test_a_sealed_text_shows_nothing_and_is_never_the_same(acme) -> None:
    with tenant_context(acme.company):
        first, second = seal("s3cr3t"), seal("s3cr3t")

    assert first != second
    assert "s3cr3t" not in first
    assert first.isascii()


@pytest.mark.django_db
@how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_every_text_comes_back(acme, text: str) -> None:
    with tenant_context(acme.company):
        assert open_sealed(seal(text)) == text


@pytest.mark.django_db
@pytest.mark.parametrize("broken", ["", "x", "gAAAAA", "ä", "\0"])
def test_what_was_never_sealed_does_not_open(acme, broken: str) -> None:
    with tenant_context(acme.company), pytest.raises(CannotOpen):
        open_sealed(broken)


@pytest.mark.django_db
def test_a_changed_text_does_not_open(acme) -> None:
    with tenant_context(acme.company):
        sealed = seal("s3cr3t")
        for place in range(0, len(sealed), 7):
            other = "A" if sealed[place] != "A" else "B"
            with pytest.raises(CannotOpen):
                open_sealed(sealed[:place] + other + sealed[place + 1 :])


@pytest.mark.django_db
def test_keys_take_turns(acme, settings) -> None:
    with tenant_context(acme.company):
        settings.SECRETS_KEYS = []
        by_secret_key = seal("first")
        settings.SECRETS_KEYS = [OLD]
        by_old = seal("second")

        settings.SECRETS_KEYS = [NEW, OLD]
        assert [open_sealed(by_secret_key), open_sealed(by_old)] == ["first", "second"]
        renewed = reseal(by_old)

        settings.SECRETS_KEYS = [NEW]
        assert open_sealed(renewed) == "second"
        with pytest.raises(CannotOpen, match="Enter the secret again"):
            open_sealed(by_old)
        with pytest.raises(CannotOpen):
            reseal(by_old)


@pytest.mark.django_db
def test_a_secret_key_that_was_changed_opens_as_long_as_it_is_named(acme, settings) -> None:
    with tenant_context(acme.company):
        sealed = seal("s3cr3t")
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another " * 8

        assert open_sealed(sealed) == "s3cr3t"
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(CannotOpen):
            open_sealed(sealed)


@pytest.mark.django_db
def test_another_companys_text_is_not_made_ours_by_sealing_it_anew(acme, globex) -> None:
    with tenant_context(globex.company):
        sealed = seal("s3cr3t")

    with tenant_context(acme.company), pytest.raises(CannotOpen):
        reseal(sealed)
