"""What every role site does by itself: who comes in, what may be asked, asking before acting."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import clear_url_caches, path
from unfold.decorators import display

from admin_site import html, public
from admin_site.base import CappedPaginator, RoleSite, TenantModelAdmin, role_sites
from admin_site.base import sites as ground
from admin_site.parts import Found, NavGroup, NavItem
from tenants import services
from tenants.context import tenant_context
from tenants.errors import DomainError
from tenants.models import CompanyRole, User
from tests.builders import PASSWORD, Firm
from tests.pages import text_of as read

pytestmark = pytest.mark.django_db


class PeopleAdmin(TenantModelAdmin):
    list_display = ("person", "is_active", "date_joined")
    list_filter = ("is_active",)
    search_fields = ("email", "first_name")
    fields = ("first_name", "last_name", "email")
    actions = ("greet",)
    empty_title = "Nobody yet"

    @display(description="Person", ordering="first_name")
    def person(self, row: User) -> str:
        return html.two_lines(str(row), row.email)

    def greet(self, request: HttpRequest, queryset: Any) -> None:
        self.message_user(request, f"Greeted {queryset.count()}")

    def rename(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.confirm(
            request,
            object_id,
            self._renamed,
            title="Rename this person?",
            button="Rename",
            done="Done.",
        )

    def _renamed(self, actor: User, row: User, reason: str) -> None:
        User.objects.filter(pk=row.pk).update(first_name=reason)
        if reason == "refused":
            raise DomainError("This name is taken. Choose another.")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.rename)
        return [path("<path:object_id>/rename/", view, name="rename"), *super().get_urls()]


class RolesAdmin(TenantModelAdmin):
    list_display = ("title",)
    fields = ("title", "group")


class CompanySite(RoleSite):
    key, role, title, symbol = "shop", "admin", "Shop", "store"
    shell = "calm"

    def badges(self, request: HttpRequest) -> dict[str, int]:
        return {"people": User.objects.count()}

    def navigation(self, request: HttpRequest) -> list[NavGroup]:
        people = self.counts(request)["people"]
        everybody = "shop:tenants_user_changelist"
        return [
            NavGroup("", [NavItem("Home", "shop:index", "home")]),
            NavGroup(
                "People",
                [
                    NavItem("Everybody", everybody, "group", count=people),
                    NavItem("Switched off", everybody, "block", query="is_active__exact=0"),
                ],
            ),
        ]

    def find(self, request: HttpRequest, term: str) -> list[Found]:
        people = User.objects.filter(first_name__icontains=term)
        return [Found(str(person), "/", person.email) for person in people]


class SecondSite(CompanySite):
    key, role, title, shell = "second", "ticket_admin", "Second", "sidebar"

    def navigation(self, request: HttpRequest) -> list[NavGroup]:
        return []

    def waiting(self, request: HttpRequest) -> str:
        return "Three things wait"


@pytest.fixture(autouse=True)
def sites(settings: Any) -> Iterator[None]:
    """Two sites that exist for these tests only."""
    before = dict(ground._sites)
    ground._sites.clear()
    shop, second = CompanySite(), SecondSite()
    shop.register(User, PeopleAdmin)
    shop.register(CompanyRole, RolesAdmin)
    urls = ModuleType("urls_of_these_tests")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        *public.urlpatterns,
        path("shop/", shop.urls),
        path("second/", second.urls),
    ]
    urls.handler404 = "admin_site.error_pages.not_found"  # type: ignore[attr-defined]
    urls.handler403 = "admin_site.error_pages.forbidden"  # type: ignore[attr-defined]
    urls.handler400 = "admin_site.error_pages.bad_request"  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = urls
    clear_url_caches()
    yield
    ground._sites.clear()
    ground._sites.update(before)
    clear_url_caches()


@pytest.fixture
def adam(acme: Firm, globex: Firm) -> Client:
    """Adam of Acme: has the role of the shop."""
    return signed_in("adam@acme.example")


def signed_in(email: str) -> Client:
    client = Client()
    client.post("/login/", {"username": email, "password": PASSWORD})
    return client


PEOPLE = "/shop/tenants/user/"


# --- who comes in --------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_door_and_back():
    assert (
        Client().get(f"{PEOPLE}?q=a").headers["Location"]
        == "/login/?next=/shop/tenants/user/%3Fq%3Da"
    )


def test_what_a_stranger_sends_is_given_back_and_changes_nothing(acme: Firm):
    page = f"{PEOPLE}{acme.ann.pk}/change/"

    answer = Client().post(
        page,
        {"first_name": "Anna Maria", "password": "hush", "_save": "Save"},
        headers={"referer": f"http://testserver{page}?from=list"},
    )

    assert answer.status_code == 403
    assert "You are logged out" in read(answer)
    assert "What you had typed First name Anna Maria" in read(answer)
    assert "hush" not in answer.content.decode()
    assert f'href="/login/?{urlencode({"next": page + "?from=list"})}"' in answer.content.decode()
    assert name_of(acme) == "Ann"


def test_what_somebody_had_typed_when_they_were_switched_off_is_given_back(acme: Firm):
    adam = signed_in("adam@acme.example")
    with tenant_context(acme.company):
        User.objects.filter(pk=acme.adam.pk).update(is_active=False)

    answer = adam.post(f"{PEOPLE}{acme.ann.pk}/change/", {"first_name": "Anna Maria"})

    assert "You are logged out" in read(answer)
    assert "Anna Maria" in read(answer)


def test_our_pages_do_not_say_what_another_site_sent_in_somebodys_name(acme: Firm):
    answer = Client().post(
        PEOPLE, {"note": "Call 0190"}, headers={"origin": "https://evil.example"}
    )

    assert answer.status_code == 403
    assert "0190" not in answer.content.decode()


def test_the_role_opens_the_site_and_nothing_else_does(acme: Firm):
    opened = {
        name: signed_in(f"{name}@acme.example").get(PEOPLE).status_code
        for name in ("boss", "adam", "ann", "will", "tara", "flo")
    }

    assert opened == {"boss": 200, "adam": 200, "ann": 403, "will": 403, "tara": 403, "flo": 403}


def test_the_switcher_offers_only_sites_that_open(acme: Firm):
    assert 'href="/second/"' in signed_in("boss@acme.example").get(PEOPLE).content.decode()
    assert 'href="/second/"' not in signed_in("adam@acme.example").get(PEOPLE).content.decode()


def test_a_site_without_a_home_page_starts_at_its_first_entry(adam: Client, acme: Firm):
    assert adam.get("/shop/").headers["Location"] == PEOPLE
    assert signed_in("tara@acme.example").get("/second/").status_code == 200


def test_somebody_with_one_site_is_led_there_and_with_several_may_choose(acme: Firm):
    assert signed_in("adam@acme.example").get("/").headers["Location"] == "/shop/"

    page = signed_in("boss@acme.example").get("/").content.decode()

    assert "Hello Bea" in page
    assert "Three things wait" in page


def test_somebody_without_a_site_is_told_whom_to_ask(acme: Firm):
    page = signed_in("will@acme.example").get("/").content.decode()

    assert "You have no role yet" in page
    assert "Log out" in page


@pytest.mark.parametrize("name", ["login", "logout", "password_change"])
def test_sites_have_no_doors_of_their_own(adam: Client, name: str):
    assert adam.get(f"/shop/{name}/").status_code == 302


@pytest.mark.parametrize("address", ["/shop/tenants/", "/shop/r/1/1/", "/shop/admin/"])
def test_there_are_no_pages_about_apps_and_tables(adam: Client, address: str):
    assert adam.get(address).status_code == 404


def test_a_company_name_is_never_taken_for_a_function(acme: Firm):
    with tenant_context(acme.company):
        services.change_company(acme.boss, acme.company, name="os.getcwd", time_zone="UTC")

    assert "os.getcwd" in signed_in("adam@acme.example").get("/shop/search/").content.decode()


# --- navigation and search -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "lit"),
    [
        ("/shop/search/", None),
        (PEOPLE, "Everybody"),
        (f"{PEOPLE}?q=a", "Everybody"),
        (f"{PEOPLE}?is_active__exact=0", "Switched off"),
    ],
)
def test_one_entry_is_lit(adam: Client, address: str, lit: str | None):
    entries = adam.get(address).context["topnav"]

    assert [entry["title"] for entry in entries if entry["active"]] == ([lit] if lit else [])


def test_search_finds_what_is_ours_each_time_anew(adam: Client, acme: Firm, globex: Firm):
    page = adam.get("/shop/search/?s=ann").content.decode()
    assert "ann@acme.example" in page
    assert "globex" not in page

    with tenant_context(acme.company):
        User.objects.filter(email="ann@acme.example").update(first_name="Zoe")

    assert "ann@acme.example" not in adam.get("/shop/search/?s=ann").content.decode()


def test_search_says_when_nothing_is_found(adam: Client):
    assert "Nothing is called “zzz”" in adam.get("/shop/search/?s=zzz&fragment=1").content.decode()


# --- lists ---------------------------------------------------------------------------------------


def test_a_list_shows_the_rows_of_the_company(adam: Client):
    page = adam.get(PEOPLE).content.decode()

    assert "ann@acme.example" in page
    assert "globex" not in page
    assert "delete_selected" not in page


@pytest.mark.parametrize(
    "query",
    [
        "first_name__regex=(", "password__startswith=a", "company__name=Globex", "nothing=1",
        "email__contains=a", "company__id__exact=1", "groups__name=admin",
    ],
)  # fmt: skip
def test_only_listed_filters_may_be_asked(adam: Client, query: str):
    assert adam.get(f"{PEOPLE}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "q=%00", "q=a%00b", "p=%00", "o=%00", "is_active__exact=%00", "is_active__exact=x",
        "p=99999", "p=0", "p=-1", "p=1e9", "o=99.-99", "all=1", "e=1", "_popup=1",
        "q=" + "x" * 3000, "is_active__exact=1&is_active__exact=0",
    ],
)  # fmt: skip
def test_odd_questions_get_an_answer(adam: Client, query: str):
    response = adam.get(f"{PEOPLE}?{query}", follow=True)

    assert response.status_code in (200, 400), query


@pytest.mark.parametrize(
    "query", ["term=%00", "term=a", "app_label=tenants&model_name=user&field_name=x"]
)
def test_forged_autocompletion_is_refused(adam: Client, query: str):
    assert adam.get(f"/shop/autocomplete/?{query}").status_code == 403


def test_a_filter_that_fits_nothing_offers_the_way_back(adam: Client):
    page = adam.get(f"{PEOPLE}?q=zzzz").content.decode()

    assert "Nothing fits" in page
    assert "Show everything" in page


def test_times_are_words(adam: Client):
    assert ">today " in adam.get(PEOPLE).content.decode()


def test_a_bulk_action_reaches_own_rows_only(adam: Client, acme: Firm, globex: Firm):
    sent = {
        "action": "greet", "index": "0", "select_across": "0",
        "_selected_action": [str(acme.ann.pk), str(globex.ann.pk)],
    }  # fmt: skip

    page = adam.post(PEOPLE, sent, follow=True).content.decode()

    assert "Greeted 1" in page


@pytest.mark.django_db(transaction=True)
def test_a_list_keeps_to_ten_statements_however_many_rows(adam: Client, acme: Firm, statements):
    with tenant_context(acme.company):
        User.objects.bulk_create(
            User(company=acme.company, email=f"p{n}@acme.example", first_name="P", last_name=str(n))
            for n in range(120)
        )
    adam.get(PEOPLE)

    with statements() as counted:
        page = adam.get(f"{PEOPLE}?q=p&is_active__exact=1").content.decode()

    assert "1 to 50 of 12" in page
    assert counted.total <= 10, counted


def test_counting_stops_and_says_so(acme: Firm, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "CAP", 3)
    with tenant_context(acme.company):
        pages = CappedPaginator(User.objects.order_by("email"), 2)

        assert pages.shown_count == "3+"
        assert [len(pages.page(number).object_list) for number in (1, 2)] == [2, 2]
        assert pages.page(1).has_next()


def test_a_list_shorter_than_the_cap_is_counted_exactly(acme: Firm):
    with tenant_context(acme.company):
        pages = CappedPaginator(User.objects.order_by("email"), 4)

        assert pages.shown_count == "6"
        assert not pages.page(2).has_next()


# --- one row -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["change", "delete", "history", "rename"])
def test_a_foreign_row_and_a_missing_one_look_the_same(adam: Client, globex: Firm, page: str):
    foreign = adam.get(f"{PEOPLE}{globex.ann.pk}/{page}/")
    missing = adam.get(f"{PEOPLE}01a1f7ed-291e-726b-88e9-000000000000/{page}/")
    malformed = adam.get(f"{PEOPLE}no-key/{page}/")

    assert foreign.status_code == missing.status_code == malformed.status_code
    assert foreign.status_code in (403, 404)
    assert foreign.content == missing.content == malformed.content


def test_nothing_is_deleted_and_there_is_no_history(adam: Client, acme: Firm):
    assert adam.get(f"{PEOPLE}{acme.ann.pk}/delete/").status_code == 403
    assert adam.get(f"{PEOPLE}{acme.ann.pk}/history/").status_code == 404


def test_a_change_writes_no_log_but_ours(adam: Client, acme: Firm, django_assert_num_queries):
    from django.contrib.admin.models import LogEntry

    sent = {"first_name": "Annabel", "last_name": "Of", "email": "ann@acme.example"}
    response = adam.post(f"{PEOPLE}{acme.ann.pk}/change/", sent)

    assert response.status_code == 302
    with tenant_context(acme.company):
        assert User.objects.get(pk=acme.ann.pk).first_name == "Annabel"
        assert not LogEntry.objects.exists()


def test_the_company_is_no_field_of_a_form(adam: Client, acme: Firm):
    page = adam.get(f"{PEOPLE}{acme.ann.pk}/change/")

    assert "company" not in page.context["adminform"].form.fields


# --- asking before acting ------------------------------------------------------------------------


def rename(person: User) -> str:
    return f"{PEOPLE}{person.pk}/rename/"


def name_of(firm: Firm) -> str:
    with tenant_context(firm.company):
        return User.objects.get(pk=firm.ann.pk).first_name


def test_asking_changes_nothing(adam: Client, acme: Firm):
    page = adam.get(rename(acme.ann)).content.decode()

    assert "Rename this person?" in page
    assert 'name="reason"' in page
    assert name_of(acme) == "Ann"


def test_the_answer_acts_and_leads_back(adam: Client, acme: Firm):
    response = adam.post(rename(acme.ann), {"reason": "Zoe"})

    assert response.headers["Location"] == f"{PEOPLE}{acme.ann.pk}/change/"
    assert name_of(acme) == "Zoe"


def test_a_reason_is_needed_and_what_is_missing_is_said(adam: Client, acme: Firm):
    page = adam.post(rename(acme.ann), {"reason": "  "}).content.decode()

    assert 'id="id_reason_error"' in page
    assert name_of(acme) == "Ann"


def test_what_a_verb_refuses_is_shown_and_leaves_nothing_behind(adam: Client, acme: Firm):
    page = adam.post(rename(acme.ann), {"reason": "refused"}).content.decode()

    assert "This name is taken. Choose another." in page
    assert ">\nrefused</textarea>" in page
    assert name_of(acme) == "Ann"


def test_one_is_led_back_to_our_pages_only(adam: Client, acme: Firm):
    ours = adam.post(rename(acme.ann), {"reason": "A", "next": "/shop/search/"})
    theirs = adam.post(rename(acme.ann), {"reason": "B", "next": "https://evil.example/"})

    assert ours.headers["Location"] == "/shop/search/"
    assert theirs.headers["Location"] == f"{PEOPLE}{acme.ann.pk}/change/"


def test_sites_of_a_test_leave_the_register_as_it_was():
    assert [site.key for site in role_sites()] == ["shop", "second"]
