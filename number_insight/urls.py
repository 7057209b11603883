"""The URL of the webhook: ``path("number-insight/", include("number_insight.urls"))``."""

from __future__ import annotations

from django.urls import path

from number_insight.views import CallbackView

app_name = "number_insight"

urlpatterns = [
    path("callback/<str:token>/", CallbackView.as_view(), name="callback"),
]
