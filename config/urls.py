"""Every address of the product."""

from django.urls import URLPattern, URLResolver

from admin_site import public

urlpatterns: list[URLPattern | URLResolver] = [*public.urlpatterns]

handler400 = "admin_site.error_pages.bad_request"
handler403 = "admin_site.error_pages.forbidden"
handler404 = "admin_site.error_pages.not_found"
handler500 = "admin_site.error_pages.broke"
