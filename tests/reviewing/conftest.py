"""Two reviewers."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User


@pytest.fixture
def ana() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")
