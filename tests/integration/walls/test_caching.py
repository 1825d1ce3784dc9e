"""What is cached for one company is never the answer for another."""

import pytest
from django.core.cache import cache

from tenants.context import platform_context, tenant_context


@pytest.mark.django_db
def test_a_cached_answer_stays_with_its_company(acme, globex):
    with tenant_context(acme.company):
        cache.set("found", "acme's tickets")

    with tenant_context(globex.company):
        assert cache.get("found") is None
    with platform_context():
        assert cache.get("found") is None
    assert cache.get("found") is None
    with tenant_context(acme.company):
        assert cache.get("found") == "acme's tickets"
