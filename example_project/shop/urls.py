"""The addresses of the shop."""

from __future__ import annotations

from django.urls import path

from shop import views

app_name = "shop"

urlpatterns = [
    path("", views.LandingView.as_view(), name="landing"),
    path("signup/", views.SignupView.as_view(), name="signup"),
    path("customers/<uuid:token>/", views.CustomerView.as_view(), name="customer"),
    path("newsletter/", views.NewsletterView.as_view(), name="newsletter"),
    path("newsletter/thanks/", views.SubscribedView.as_view(), name="subscribed"),
    path("api/signups/", views.SignupAPIView.as_view(), name="api-signups"),
]
