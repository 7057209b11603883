"""The two forms: one with our model field, one without."""

from __future__ import annotations

from django import forms

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from shop.models import Customer

EMAIL_INPUT = forms.EmailInput(attrs={"autocomplete": "email"})
NUMBER_INPUT = forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"})
NUMBER_HELP = "With the country code, or as you dial it in Sweden: 070\u2011174\u00a006\u00a005."


class SignupForm(forms.ModelForm):
    """Open an account. Saving the customer screens the number; nothing else is needed."""

    class Meta:
        model = Customer
        fields = ("name", "email", "country", "phone")
        labels = {"name": "Your name"}
        help_texts = {"phone": NUMBER_HELP}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": EMAIL_INPUT,
            "phone": NUMBER_INPUT,
        }


class NewsletterForm(ScreenedFormMixin, forms.Form):
    """Take a number without our model field: the mixin screens it once the form is valid."""

    email = forms.EmailField(label="E-mail", widget=EMAIL_INPUT)
    phone = ScreenedPhoneNumberField(
        label="Mobile number", widget=NUMBER_INPUT, help_text=NUMBER_HELP
    )
