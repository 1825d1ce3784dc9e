from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """Who is asking: companies, people, roles, and the two walls between companies."""

    name = "tenants"
    verbose_name = "Companies and people"

    def ready(self) -> None:
        from tenants import checks, signals  # noqa: F401  (registering them is their import)
