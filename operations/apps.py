from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """What is happening: tickets on their way."""

    name = "operations"
    verbose_name = "Operations"

    def ready(self) -> None:
        from definitions.bundle import scenarios
        from operations import checks  # noqa: F401 - registers them
        from operations.simulation.trying import try_out

        scenarios.run_with(try_out)
