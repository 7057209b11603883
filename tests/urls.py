"""The host project's addresses."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from tests import views

urlpatterns = [
    path("admin/", admin.site.urls),
    path("number-insight/", include("number_insight.urls")),
    path("signup/", views.signup),
]
