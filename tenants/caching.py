"""Keeps the cached answers of one company from another."""

from tenants.context import company_in_force, is_platform


def key_of_company(key: str, key_prefix: str, version: int) -> str:
    """Django's cache key, led by who is asking (settings.CACHES)."""
    asking = "platform" if is_platform() else str(company_in_force() or "nobody")
    return f"{asking}:{key_prefix}:{version}:{key}"
