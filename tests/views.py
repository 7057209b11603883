"""The host project's pages."""

from __future__ import annotations

import os

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tests.models import Customer


class SignupForm(forms.ModelForm):
    """A signup as anybody writes it."""

    class Meta:
        model = Customer
        fields = ("name", "phone")


@csrf_exempt
@require_POST
def signup(request: HttpRequest) -> HttpResponse:
    """Sign a customer up; a header tells which process did so."""
    form = SignupForm(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=400)
    with transaction.atomic():
        form.save()
    return HttpResponse("welcome", headers={"X-Process": str(os.getpid())})
