"""The two forms: one with our model field, one without."""

from __future__ import annotations

from django import forms

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from shop.models import Customer

COUNTRIES = [
    ("", "Rather not say"),
    ("DK", "Denmark"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("SE", "Sweden"),
    ("GB", "United Kingdom"),
    ("US", "United States"),
]
NUMBER_HELP = "With the country code, or as you dial it in Sweden: 070-174\u00a006\u00a005."


def _number_input() -> forms.TextInput:
    return forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})


class SignupForm(forms.ModelForm):
    """Opens an account. Saving the customer screens the number; nothing else is needed."""

    country = forms.ChoiceField(choices=COUNTRIES, required=False, label="Country")

    class Meta:
        model = Customer
        fields = ("name", "email", "country", "phone")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": _number_input(),
        }
        labels = {"name": "Your name"}
        help_texts = {"phone": NUMBER_HELP}


class NewsletterForm(ScreenedFormMixin, forms.Form):
    """Take a number without our model field: the mixin screens it once the form is valid."""

    email = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = ScreenedPhoneNumberField(
        label="Mobile number", widget=_number_input(), help_text=NUMBER_HELP
    )
