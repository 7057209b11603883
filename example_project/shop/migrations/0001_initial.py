"""The shop's first tables."""

from __future__ import annotations

import uuid

from django.db import migrations, models

import number_insight.modelfields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "email",
                    models.EmailField(
                        error_messages={"unique": "There is already an account with this e-mail."},
                        max_length=254,
                        unique=True,
                        verbose_name="e-mail",
                    ),
                ),
                (
                    "country",
                    models.CharField(
                        blank=True,
                        choices=[
                            (None, "Rather not say"),
                            ("DK", "Denmark"),
                            ("FI", "Finland"),
                            ("FR", "France"),
                            ("DE", "Germany"),
                            ("NL", "Netherlands"),
                            ("NO", "Norway"),
                            ("SE", "Sweden"),
                            ("GB", "United Kingdom"),
                            ("US", "United States"),
                        ],
                        max_length=2,
                    ),
                ),
                (
                    "phone",
                    number_insight.modelfields.ScreenedPhoneNumberField(
                        country_field="country",
                        max_length=128,
                        name_field="name",
                        region=None,
                        verbose_name="mobile number",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("held", "Held"), ("active", "Active"), ("refused", "Closed")],
                        default="held",
                        max_length=10,
                    ),
                ),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                ("phone", models.CharField(max_length=32, verbose_name="mobile number")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
