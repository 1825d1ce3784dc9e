"""Tara, who looks after every ticket of her company."""

from typing import Any

import pytest
from django.test import Client

from tenants.context import tenant_context
from tests.builders import Firm, a_workflow
from tests.integration.sites.desk.arranged import DECISION, DRAWING


@pytest.fixture
def tara(client: Client, acme: Firm) -> Client:
    client.force_login(acme.tara)
    return client


@pytest.fixture
def offer(acme: Firm) -> Any:
    """Something to ask for: Will approves it, then places the order."""
    with tenant_context(acme.company):
        approve = {"title": "Approve the purchase", "output_schema": DECISION}
        order = {"title": "Place the order"}
        return a_workflow(acme, DRAWING, key="purchase", approve=approve, order=order)
