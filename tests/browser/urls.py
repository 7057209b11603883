"""The addresses of the shop, of its admin and of the webhook."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", include("shop.urls")),
    path("favicon.ico", RedirectView.as_view(url=static("shop/bean.svg"))),
    path("admin/", admin.site.urls),
    path("number-insight/", include("number_insight.urls")),
]
