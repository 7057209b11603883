"""The risk mixin in a project's own admins."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import reverse

from number_insight import reviewing
from number_insight.admin import RiskFlagsAdminMixin
from number_insight.models import NumberInsightRecord
from number_insight.screening import signup
from tests.admin.builders import (
    DESK,
    add_flag,
    make_record,
    make_staff,
    page_of,
    posted,
    queries_of,
)
from tests.models import ChildCustomer, Customer, ProxyCustomer, TwoNumbers, UUIDCustomer
from tests.support.stage import CLEAN, VIRTUAL

pytestmark = pytest.mark.django_db

MODELS = [Customer, ProxyCustomer, ChildCustomer, UUIDCustomer, TwoNumbers]


def _list(model: type[Model]) -> str:
    return reverse(f"admin:tests_{model._meta.model_name}_changelist")


def _change(subject: Model) -> str:
    return reverse(f"admin:tests_{subject._meta.model_name}_change", args=[subject.pk])


def _subject(model: Any, verdict: str = "", **fields: Any) -> Any:
    """Return a stored subject, with a record and a flag if `verdict` is given."""
    with signup.suspended():
        subject = model.objects.create(phone="+46701740611")
    if verdict:
        add_flag(make_record("+46701740611", subject=subject, verdict=verdict, **fields))
    return subject


@pytest.mark.parametrize("model", MODELS)
def test_the_list_shows_the_latest_verdict_and_its_flags(
    admin_client: Client, model: type[Model]
) -> None:
    subject = _subject(model, "deny")
    latest = make_record("+46701740699", subject=subject, verdict="review")
    add_flag(latest, "pager", message="The line is a pager.")
    page = admin_client.get(_list(model)).content.decode()
    assert f'href="{page_of(latest)}"' in page
    assert "ni-review" in page
    assert 'title="The line is a pager."' in page
    assert "ni-deny" not in page


@pytest.mark.parametrize("model", MODELS)
def test_two_queries_show_the_risk_however_many_rows(
    admin_client: Client, model: type[Model]
) -> None:
    _subject(model, "review")
    _subject(model, "deny")
    queries_of(admin_client, _list(model))  # fills the cache of content types
    few = queries_of(admin_client, _list(model))
    assert sum("number_insight_" in sql for sql in few) == 3  # and the desk's entry on the index
    for _ in range(58):
        _subject(model, "review")
    assert len(queries_of(admin_client, _list(model))) == len(few)


@pytest.mark.parametrize("model", MODELS)
def test_the_filter_goes_by_the_latest_verdict(admin_client: Client, model: type[Model]) -> None:
    cleared, denied, unseen = _subject(model, "deny"), _subject(model, "deny"), _subject(model)
    make_record(subject=cleared, verdict="allow")

    def found(risk: str) -> set[Any]:
        response = admin_client.get(_list(model), {"risk": risk})
        return {subject.pk for subject in response.context["cl"].result_list}

    assert found("allow") == {cleared.pk}
    assert found("deny") == {denied.pk}
    assert found("never") == {unseen.pk}
    assert found("nonsense") == set()


@pytest.mark.parametrize("model", MODELS)
def test_the_filter_counts_all_of_its_choices_in_two_queries(
    admin_client: Client, model: type[Model]
) -> None:
    cleared = _subject(model, "deny")
    make_record(subject=cleared, verdict="allow")
    for verdict in ("deny", "review", "review", "", "", ""):
        _subject(model, verdict)

    def titles(**query: str) -> list[str]:
        response = admin_client.get(_list(model), {"_facets": "True", **query})
        (risk,) = [each for each in response.context["cl"].filter_specs if each.title == "risk"]
        return [str(choice["display"]) for choice in risk.choices(response.context["cl"])]

    counted = ["pending (0)", "allow (1)", "review (2)", "deny (1)", "not screened (3)"]
    assert titles()[1:] == counted
    assert titles(risk="deny")[1:] == counted  # by the other filters alone, as Django counts
    counting = queries_of(admin_client, f"{_list(model)}?_facets=True")
    assert len(counting) == len(queries_of(admin_client, _list(model))) + 2


@pytest.mark.parametrize("model", MODELS)
def test_the_page_of_the_subject_explains_its_risk(
    admin_client: Client, model: type[Model]
) -> None:
    subject = _subject(model, "review", score=30)
    page = admin_client.get(_change(subject)).content.decode()
    assert "The line is virtual." in page
    assert "Score 30" in page
    assert page_of(NumberInsightRecord.objects.get()) in page
    assert page.count("ni-panel") == 1


def test_a_subject_that_was_never_screened_says_so(admin_client: Client) -> None:
    page = admin_client.get(_change(_subject(Customer))).content.decode()
    assert "This number was never screened." in page


@pytest.mark.parametrize("model", MODELS)
def test_the_page_of_a_new_subject_has_no_panel(admin_client: Client, model: Any) -> None:
    url = reverse(f"admin:tests_{model._meta.model_name}_add")
    response = admin_client.get(url)
    assert response.status_code == 200
    assert "ni-panel" not in response.content.decode()


def test_a_record_of_the_child_is_seen_at_the_parent_and_the_other_way_round(
    admin_client: Client,
) -> None:
    child = _subject(ChildCustomer, "deny")
    assert "ni-deny" in admin_client.get(_list(Customer)).content.decode()
    make_record(subject=Customer.objects.get(pk=child.pk), verdict="allow")
    assert "ni-allow" in admin_client.get(_list(ChildCustomer)).content.decode()


def test_a_subject_of_another_model_with_the_same_key_is_another_one(admin_client: Client) -> None:
    subject = _subject(Customer)
    with signup.suspended():
        twin = TwoNumbers.objects.create(pk=subject.pk, phone="+46701740611")
    make_record(subject=twin, verdict="deny")
    assert "ni-deny" not in admin_client.get(_list(Customer)).content.decode()


def test_users_who_may_not_view_records_see_no_risk(client: Client) -> None:
    client.force_login(make_staff("bob", "view_customer", "view_proxycustomer"))
    subject = _subject(Customer, "deny")
    pages = [_list(Customer), _list(ProxyCustomer), _change(subject)]
    for url in pages:
        response = client.get(url)
        assert response.status_code == 200
        assert "ni-deny" not in response.content.decode()
    assert "?risk=deny" not in client.get(_list(Customer)).content.decode()


def test_no_link_is_put_into_another_link(admin_client: Client) -> None:
    subject = _subject(ProxyCustomer, "deny")
    page = admin_client.get(_list(ProxyCustomer)).content.decode()
    assert not re.search(r"<a [^>]*>(?:(?!</a>).)*<a ", page, re.DOTALL)
    assert _change(subject) in page


def test_the_admins_own_media_stay(admin_client: Client) -> None:
    page = admin_client.get(_list(UUIDCustomer)).content.decode()
    assert "shop.css" in page
    assert "number_insight/admin.css" in page


def test_a_list_that_is_edited_still_saves(admin_client: Client) -> None:
    subject = _subject(TwoNumbers, "deny")
    with signup.suspended():
        admin_client.post(
            _list(TwoNumbers),
            {
                "form-TOTAL_FORMS": "1",
                "form-INITIAL_FORMS": "1",
                "form-0-id": subject.pk,
                "form-0-backup_phone": "+46701740605",
                "_save": "Save",
            },
        )
    subject.refresh_from_db()
    assert str(subject.backup_phone) == "+46701740605"


def test_a_number_that_staff_type_is_screened_without_their_ip(admin_client: Client) -> None:
    def save(path: str, number: str) -> None:
        data = {"name": "Ada", "email": "", "phone": number}
        assert admin_client.post(path, data, REMOTE_ADDR="8.8.8.8").status_code == 302

    save(reverse("admin:tests_customer_add"), CLEAN)
    customer = Customer.objects.get()
    save(_change(customer), CLEAN)
    save(_change(customer), VIRTUAL)
    records = NumberInsightRecord.objects.order_by("pk")
    assert [(r.number, r.source, r.ip_address, r.subject) for r in records] == [
        (CLEAN, "admin", None, customer),
        (VIRTUAL, "admin", None, customer),
    ]


PLACES: list[dict[str, Any]] = [
    {"fields": ["name", "risk_panel"]},
    {"fields": ["name", ("phone", "risk_panel")]},
    {"fields": ["name", "risk"], "readonly_fields": ["risk"]},
    {"fieldsets": [(None, {"fields": ["name", ("phone", "risk_panel")]})]},
    {"fieldsets": [("Risk", {"fields": ["risk_panel"]}), (None, {"fields": ["name"]})]},
    {"readonly_fields": ["risk_panel", "risk"]},
    {"list_display": ["name", "risk_panel"]},
    {"list_display": ["risk"], "list_display_links": ["risk"]},
]


def shown(place: dict[str, Any], user: User, subject: Customer) -> str:
    """Return the list and the page of `subject` in an admin that names the risk itself."""
    made = type("PlacedAdmin", (RiskFlagsAdminMixin, admin.ModelAdmin), place)
    # It is the site's own, so that links lead to its pages.
    model_admin = made(Customer, admin.site)
    pages = []
    for view in (model_admin.changelist_view, model_admin.change_view):
        request = RequestFactory().get("/")
        request.user, request.session = user, {}  # type: ignore[assignment]
        arguments = [str(subject.pk)] if view == model_admin.change_view else []
        pages.append(view(request, *arguments).render().content.decode())
    return "".join(pages)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_risk_is_shown_nowhere_to_users_who_may_not_view_records(place: dict[str, Any]) -> None:
    subject = _subject(Customer, "deny")
    may_not = make_staff("no", "view_customer", "change_customer")
    may = make_staff("yes", "view_customer", "change_customer", "view_numberinsightrecord")
    for secret in ("ni-deny", "The line is virtual", "This number was never screened"):
        assert secret not in shown(place, may_not, subject)
    assert "ni-deny" in shown(place, may, subject)


def test_a_field_of_the_project_that_has_the_name_of_the_column_stays() -> None:
    class Named(RiskFlagsAdminMixin, admin.ModelAdmin):
        fields = ["name", "phone"]

    model_admin = Named(Customer, admin.site)
    request = RequestFactory().get("/")
    request.user = make_staff("no", "view_customer")
    assert model_admin.get_fields(request) == ["name", "phone"]


def test_the_panel_decides_by_a_form_that_lies_outside_the_customers_own(
    admin_client: Client,
) -> None:
    subject = _subject(Customer, "review", score=30)
    record = NumberInsightRecord.objects.get()
    page = admin_client.get(_change(subject)).content.decode()
    own = page[page.index('id="customer_form"') : page.index('<form id="ni-decide"')]
    assert "</form>" in own
    assert 'form="ni-decide" name="act" value="release"' in own
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert hidden["to"] == _change(subject)
    response = admin_client.post(DESK, {**posted(record, "release"), "one": "1", **_to(hidden)})
    assert response["Location"] == _change(subject)
    record.refresh_from_db()
    assert record.decision == "released"
    assert 'value="release"' not in admin_client.get(_change(subject)).content.decode()


def _to(hidden: dict[str, str]) -> dict[str, str]:
    return {"to": hidden["to"]}


def test_the_panel_offers_no_decision_to_those_who_may_not_decide(client: Client) -> None:
    client.force_login(make_staff("bob", "change_customer", "view_numberinsightrecord"))
    page = client.get(_change(_subject(Customer, "review", score=30))).content.decode()
    assert "Virtual line" in page
    assert 'value="release"' not in page


def test_the_page_of_a_project_keeps_its_own_template(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = "admin/auth/user/add_form.html"
    monkeypatch.setattr(type(admin.site.get_model_admin(Customer)), "change_form_template", own)
    response = admin_client.get(_change(_subject(Customer, "review", score=30)))
    assert response.status_code == 200
    assert own in [template.name for template in response.templates]
    assert '<form id="ni-decide"' in response.content.decode()


def test_the_column_names_the_heaviest_flag_and_counts_the_others(admin_client: Client) -> None:
    subject = _subject(Customer, "deny")
    for code, weight in (("premium", 80), ("ip_mismatch", 20)):
        add_flag(NumberInsightRecord.objects.get(), code, weight=weight, message="Why.")
    page = admin_client.get(_list(Customer)).content.decode()
    column = page[page.index('class="ni-risk"') :]
    assert column.index("Premium-rate line") < column.index("+2")
    assert "Virtual line" not in column
    assert subject.name == ""


def test_the_column_has_no_sentence_that_would_make_it_wide(admin_client: Client) -> None:
    _subject(Customer, "review")
    page = admin_client.get(_list(Customer)).content.decode()
    assert "ni-first" in page
    assert "ni-sentence" not in page


def test_the_panel_leads_to_the_desk_where_a_colleague_has_the_case_open(
    admin_client: Client,
) -> None:
    subject = _subject(Customer, "review")
    record = NumberInsightRecord.objects.get()
    reviewing.claim(record, make_staff("bea"))
    page = admin_client.get(_change(subject)).content.decode()
    assert "bea" in page[page.index("ni-panel") :]
    assert 'value="release"' not in page
    assert f"record={record.pk}" in page
