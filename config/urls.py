"""Every address of the product."""

from django.urls import URLPattern, URLResolver, path

from admin_site import public
from admin_site.callbacks import callback
from admin_site.company import company_site
from admin_site.design import design_site
from admin_site.desk import desk_site
from admin_site.platform import platform_site
from admin_site.portal import portal_site
from admin_site.work import work_site

urlpatterns: list[URLPattern | URLResolver] = [
    *public.urlpatterns,
    path("callbacks/<str:token>/", callback, name="callback"),
    path("portal/", portal_site.urls),
    path("work/", work_site.urls),
    path("desk/", desk_site.urls),
    path("design/", design_site.urls),
    path("company/", company_site.urls),
    path("platform/", platform_site.urls),
]

handler400 = "admin_site.error_pages.bad_request"
handler403 = "admin_site.error_pages.forbidden"
handler404 = "admin_site.error_pages.not_found"
handler500 = "admin_site.error_pages.broke"
