from django.apps import AppConfig


class DefinitionsConfig(AppConfig):
    """What can happen: written by workflow creators."""

    name = "definitions"
    verbose_name = "Definitions"
