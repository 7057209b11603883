"""A reviewer who may see and decide."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.builders import make_staff


@pytest.fixture
def reviewer(client: Client) -> User:
    """A person who sees records with full numbers, decides, and is logged in with the client."""
    granted = ("view_numberinsightrecord", "decide_numberinsightrecord", "view_full_number")
    user = make_staff("ada", *granted)
    client.force_login(user)
    return user
