"""The pages of the shop and its one endpoint."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.views.generic import DetailView, FormView, TemplateView
from rest_framework.generics import CreateAPIView
from rest_framework.serializers import BaseSerializer, ValidationError

from number_insight.screening import signup
from shop.forms import NewsletterForm, SignupForm
from shop.models import Customer, Subscriber
from shop.serializers import SignupSerializer

TAKEN = "There is already an account with this e-mail."


class LandingView(TemplateView):
    """What the club is, and the ways in."""

    template_name = "shop/landing.html"
    extra_context = {"sandbox_url": settings.SANDBOX_URL}


class SignupView(FormView):
    """Opens an account and shows its page."""

    template_name = "shop/signup.html"
    form_class = SignupForm

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():  # the customer and the record, or neither
                self.success_url = form.save().get_absolute_url()
        except IntegrityError:  # the same form, sent twice at once
            form.add_error("email", TAKEN)
            return self.form_invalid(form)
        return super().form_valid(form)


class CustomerView(DetailView):
    """Tells customers whether their account is open; why not is told to nobody but reviewers."""

    model = Customer
    template_name = "shop/customer.html"
    slug_field = slug_url_kwarg = "token"


class NewsletterView(FormView):
    """Takes a number for offers by text message."""

    template_name = "shop/newsletter.html"
    form_class = NewsletterForm
    success_url = reverse_lazy("shop:subscribed")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():  # validating writes the record, saving the subscriber
            return super().post(request, *args, **kwargs)

    def form_valid(self, form: Form) -> HttpResponse:
        subscriber = Subscriber.objects.create(**form.cleaned_data)
        for record in form.screening_records.values():
            signup.attach(subscriber, record=record)
        return super().form_valid(form)


class SubscribedView(TemplateView):
    """Says thank you."""

    template_name = "shop/subscribed.html"


class SignupAPIView(CreateAPIView):
    """POST opens an account: 201 with its state, 400 with what to correct."""

    serializer_class = SignupSerializer
    authentication_classes = ()  # whoever signs up has no account yet
    permission_classes = ()

    def perform_create(self, serializer: BaseSerializer) -> None:
        try:
            with transaction.atomic():
                serializer.save()
        except IntegrityError as exc:  # the same signup, sent twice at once
            raise ValidationError({"email": [TAKEN]}) from exc
