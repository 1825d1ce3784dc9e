"""Looks, before a server is used, whether others will find the way back to it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def public_url_is_ours(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Links in mails and the addresses of callbacks begin with it."""
    if urlsplit(settings.PUBLIC_URL).hostname not in ("localhost", "127.0.0.1", None):
        return []
    return [
        Warning(
            f"PUBLIC_URL is {settings.PUBLIC_URL}, which nobody else can reach.",
            hint="Set it to the address of this installation, such as https://help.example.com.",
            id="operations.W001",
        )
    ]
