"""The addresses of the measured pages."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from tests.benchmarks import pages
from tests.benchmarks.admin import stock_site

urlpatterns = [
    path("admin/", admin.site.urls),
    path("stock/", stock_site.urls),
    path("number-insight/", include("number_insight.urls")),
    path("signup/plain", pages.plain_signup),
    path("signup/by-hand", pages.signup_by_hand),
    path("signup/screened", pages.screened_signup),
    path("webhook/plain/<str:token>", pages.plain_webhook, name="plain_webhook"),
    path("unmute", pages.unmute),
]
