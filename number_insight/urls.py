"""The URL of the webhook: ``path("number-insight/", include("number_insight.urls"))``."""

from __future__ import annotations

from django.urls import path

from number_insight.views import CallbackView

app_name = "number_insight"

urlpatterns = [
    path("callback/<str:token>/", CallbackView.as_view(), name="callback"),
    # Without its slash it is answered too: Django would log the path, and the token in it.
    path("callback/<path:token>", CallbackView.as_view()),
]
