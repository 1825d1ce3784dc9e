"""A list whose rows have pages of our own, in place of Django's forms."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from admin_site.base import TenantModelAdmin


class OwnPagesAdmin(TenantModelAdmin):
    """Draws pages below its list, and gives actions on a row their addresses."""

    def page(self, request: HttpRequest, template: str, title: str, **more: Any) -> HttpResponse:
        """A page that leads back to the list."""
        answer: HttpResponse = self.admin_site.page(
            request,
            template,
            title=title,
            crumbs=[(self.heading_of_list(request), self.list_url())],
            list_url=self.list_url(),
            **more,
        )
        return answer

    def at(self, words: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """The address of something that is done to a row: `<its key>/<words>/`."""
        guarded = self.admin_site.admin_view(view)
        address: URLPattern = path(f"<path:object_id>/{words}/", guarded, name=name)
        return address
