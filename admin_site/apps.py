"""The app that carries the sites, their templates and their style sheet."""

from django.apps import AppConfig


class AdminSiteConfig(AppConfig):
    """Must stand before `unfold` in INSTALLED_APPS: our templates override the theme's."""

    name = "admin_site"
    verbose_name = "TicketFlower"
