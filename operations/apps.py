from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """What is happening: tickets on their way."""

    name = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        from operations import checks  # noqa: F401 - registers them
