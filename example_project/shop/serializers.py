"""The signup of apps that speak JSON."""

from __future__ import annotations

from rest_framework import serializers

from number_insight.serializerfields import ScreenedPhoneNumberField
from shop.models import Customer


class SignupSerializer(serializers.ModelSerializer):
    """Open an account, and tell its state and its page: never a verdict, never a reason."""

    # Saving the customer screens the number, so that a bad e-mail never costs a lookup.
    phone = ScreenedPhoneNumberField(queue=False, write_only=True)
    page = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = Customer
        fields = ("name", "email", "country", "phone", "status", "page")
        read_only_fields = ("status",)
        extra_kwargs = {name: {"write_only": True} for name in ("name", "email", "country")}
