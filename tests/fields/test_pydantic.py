"""The type for pydantic is a number as people type it, and E.164 afterwards."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from django.test import override_settings
from pydantic import BaseModel, ValidationError

from number_insight.contrib.pydantic import PhoneNumber
from number_insight.models import NumberInsightRecord
from tests.support.records import an_entry
from tests.support.stage import CLEAN, fake

pytestmark = pytest.mark.django_db


class Signup(BaseModel):
    phone: PhoneNumber


@pytest.mark.parametrize("typed", ["+46 70-174 06 05", "\u202a+46\u00a0701740605\u202c"])
def test_a_number_is_e164_afterwards_and_buys_nothing(typed: str) -> None:
    assert Signup(phone=typed).phone == CLEAN
    assert not NumberInsightRecord.objects.exists()


@pytest.mark.parametrize("typed", ["", "abc", "+46", "{0}", "%s", "\x00", "1" * 2000, "+4670x9"])
def test_what_is_no_number_is_an_error_at_the_field(typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Signup(phone=typed)
    (error,) = caught.value.errors()
    assert (error["loc"], error["type"]) == (("phone",), "phone_number")


def test_a_denied_number_is_refused_where_the_settings_say_so() -> None:
    an_entry("deny", "number", CLEAN)
    assert Signup(phone=CLEAN).phone == CLEAN
    enforced = override_settings(NUMBER_INSIGHT=fake(ENFORCEMENT="enforce"))
    with enforced, pytest.raises(ValidationError, match="phone_number"):
        Signup(phone=CLEAN)


def test_in_an_event_loop_a_number_is_checked_and_refusing_is_left_to_the_view() -> None:
    an_entry("deny", "number", CLEAN)

    async def read(typed: str) -> str:
        return Signup(phone=typed).phone

    with override_settings(NUMBER_INSIGHT=fake(ENFORCEMENT="enforce")):
        assert async_to_sync(read)("+46 70-174 06 05") == CLEAN
        with pytest.raises(ValidationError, match="phone_number"):
            async_to_sync(read)("abc")
