"""The pages of the shop and its one endpoint."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.views.generic import CreateView, DetailView, FormView, TemplateView
from rest_framework.generics import CreateAPIView
from rest_framework.serializers import ValidationError

from number_insight import screening
from shop.forms import NewsletterForm, SignupForm
from shop.models import EMAIL_TAKEN, Customer, Subscriber
from shop.serializers import SignupSerializer


class LandingView(TemplateView):
    """Show what the club is, and the ways in."""

    template_name = "shop/landing.html"
    extra_context = {"sandbox_url": settings.SANDBOX_URL}


class SignupView(CreateView):
    """Open an account and show its page."""

    template_name = "shop/signup.html"
    form_class = SignupForm

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            with transaction.atomic():  # the customer and the record, or neither
                return super().form_valid(form)
        except IntegrityError:  # the same form, sent twice at once
            form.add_error("email", EMAIL_TAKEN)
            return self.form_invalid(form)


class CustomerView(DetailView):
    """Tell customers whether their account is open; why not is told to nobody but reviewers."""

    model = Customer
    template_name = "shop/customer.html"
    slug_field = slug_url_kwarg = "token"


class NewsletterView(FormView):
    """Take a number for offers by text message."""

    template_name = "shop/newsletter.html"
    form_class = NewsletterForm
    success_url = reverse_lazy("shop:subscribed")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():  # validating writes the record, saving the subscriber
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: NewsletterForm) -> HttpResponse:
        subscriber = Subscriber.objects.create(**form.cleaned_data)
        for record in form.screening_records.values():
            screening.attach(subscriber, record=record)
        return super().form_valid(form)


class SubscribedView(TemplateView):
    """Say thank you."""

    template_name = "shop/subscribed.html"


class SignupAPIView(CreateAPIView):
    """Open an account on POST: 201 with its state, 400 with what to correct."""

    serializer_class = SignupSerializer
    authentication_classes = ()  # whoever signs up has no account yet
    permission_classes = ()

    def perform_create(self, serializer: SignupSerializer) -> None:
        try:
            with transaction.atomic():
                serializer.save()
        except IntegrityError as error:  # the same signup, sent twice at once
            raise ValidationError({"email": [EMAIL_TAKEN]}) from error
