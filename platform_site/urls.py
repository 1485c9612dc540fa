"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from platform_site.views import home
from prizes import views as draws

urlpatterns = [
    path("", home, name="home"),
    path("admin/", admin.site.urls),
    path("api/", include("platform_site.api")),
    path("draws/verify", draws.verify_file, name="draw-verify-file"),
    path("draws/<str:draw_id>/verify", draws.verify_draw, name="draw-verify"),
    path("draws/<str:draw_id>/record.json", draws.draw_record, name="draw-record"),
    path("", include("accounts.urls")),
]

handler400 = "platform_site.views.bad_request"
handler403 = "platform_site.views.forbidden"
handler404 = "platform_site.views.not_found"
handler500 = "platform_site.views.server_error"
