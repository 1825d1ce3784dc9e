"""The pages in front of the sites: landing, sign-up, sign-in, passwords, profile, home."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from admin_site import look, mails
from admin_site.account_forms import (
    AvailabilityForm,
    ChangePasswordForm,
    CompanyForm,
    EmailForm,
    LoginForm,
    NameForm,
    NewPasswordForm,
    SignUpForm,
    forgive_tries,
)
from admin_site.base import sites_of, wanted_next
from admin_site.forms import PlainForm
from tenants import impersonation, own_account, services
from tenants.accounts import Login, person_by_email
from tenants.errors import DomainError, EmailTaken
from tenants.models import User
from tenants.roles import ROLES, TASK_WORKER

BACKEND = "tenants.backends.EmailBackend"
SIGN_UP, RESET = "sign-up", "password-reset"  # salts: a link for one is worthless for the other
LINK_LASTS = 24 * 60 * 60  # seconds
NOT_SENT = "The mail could not be sent just now. Try again in a few minutes."
LINK_OVER = "This link is not valid any more. Ask for a new one."

form_page = require_http_methods(["GET", "HEAD", "POST"])


def _draw(request: HttpRequest, name: str, status: int = 200, **more: Any) -> HttpResponse:
    return render(
        request, f"admin_site/public/{name}.html", look.frame(request, **more), status=status
    )


def _gate(
    request: HttpRequest, title: str, form: PlainForm, button: str, **more: Any
) -> HttpResponse:
    """A page with one narrow form."""
    return _draw(request, "gate", title=title, form=form, button=button, **more)


def _told(request: HttpRequest, title: str, text: str, **more: Any) -> HttpResponse:
    """A page that only says something."""
    return _draw(request, "told", title=title, text=text, **more)


# --- landing and home ----------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD"])
def start(request: HttpRequest) -> HttpResponse:
    """The landing page; for somebody signed in their one site, or a choice of several."""
    if not request.user.is_authenticated:
        return _draw(request, "landing", title=look.BRAND)
    sites = sites_of(request)
    if len(sites) == 1:
        return redirect(f"{sites[0].name}:index")
    if not sites:
        return _told(
            request,
            "You have no role yet",
            "Ask an admin of your company to give you one.",
            symbol="badge",
        )
    cards = [(site, reverse(f"{site.name}:index"), site.waiting(request)) for site in sites]
    return _draw(request, "home", title=f"Hello {request.user.get_short_name()}", cards=cards)


# --- sign up -------------------------------------------------------------------------------------


@never_cache
@form_page
@sensitive_post_parameters("password")
def sign_up(request: HttpRequest) -> HttpResponse:
    """Open a company, at once or by a mailed link (`SIGNUP_CONFIRMS_EMAIL`)."""
    if request.user.is_authenticated:
        return redirect("start")
    return _sign_up_by_mail(request) if settings.SIGNUP_CONFIRMS_EMAIL else _sign_up_now(request)


def _sign_up_now(request: HttpRequest) -> HttpResponse:
    form = SignUpForm(_answers(request))
    if form.is_valid() and (user := _opened(form, **form.cleaned_data)):
        return _signed_in(request, user)
    return _sign_up_page(request, form)


def _sign_up_by_mail(request: HttpRequest) -> HttpResponse:
    """The same answer for a known and an unknown address: the mail says which."""
    form = CompanyForm(_answers(request))
    if form.is_valid():
        known = person_by_email(form.cleaned_data["email"])
        token = signing.dumps(form.cleaned_data, salt=SIGN_UP, compress=True)
        mail = "sign_up_known" if known else "sign_up"
        if _mailed(request, form, form.cleaned_data["email"], mail, "sign_up_finish", token):
            return redirect("mail_sent")
    return _sign_up_page(request, form)


def _sign_up_page(request: HttpRequest, form: PlainForm) -> HttpResponse:
    lead = (
        "You get every role in it and can start at once. Invite your colleagues when you are ready."
    )
    return _gate(request, "Create your company", form, "Create company", lead=lead, below="sign_up")


@never_cache
@form_page
@sensitive_post_parameters("password")
def sign_up_finish(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed link: choose a password, and the company is there."""
    try:
        asked: dict[str, str] = signing.loads(token, salt=SIGN_UP, max_age=LINK_LASTS)
    except signing.BadSignature:
        return _link_is_over(request, "sign_up")
    form = NewPasswordForm(_answers(request))
    if form.is_valid() and (user := _opened(form, **asked, password=form.cleaned_data["password"])):
        return _signed_in(request, user)
    lead = f"For {asked['company_name']}, as {asked['email']}."
    return _gate(request, "Choose a password", form, "Create company", lead=lead)


def _opened(form: PlainForm, **answers: str) -> User | None:
    try:
        return services.sign_up_company(**answers)
    except EmailTaken as error:
        form.refuse(error)
    except DomainError as error:
        form.refuse(error, {"name": "company_name"})
    return None


@never_cache
def mail_sent(request: HttpRequest) -> HttpResponse:
    """One page for every mail, so that it says nothing about the address."""
    text = (
        "We sent you a link. It works for one day. Look into your spam folder if it does not come."
    )
    return _told(request, "Look into your mail", text, symbol="mark_email_read")


@never_cache
@form_page
@sensitive_post_parameters("password")
def accept_invitation(request: HttpRequest, company_id: UUID, secret: str) -> HttpResponse:
    """The link in an invitation: choose a password and come in."""
    try:
        invitation = services.find_invitation(company_id, secret)
    except DomainError as error:
        return _told(request, "This link is over", error.message, symbol="link_off", status=404)
    form = NewPasswordForm(_answers(request))
    if form.is_valid():
        try:
            user = services.accept_invitation(company_id, secret, **form.cleaned_data)
            return _signed_in(request, user)
        except DomainError as error:
            form.refuse(error)
    lead = f"You are invited as {invitation.email}. Choose a password, and you are in."
    return _gate(request, f"Join {invitation.company}", form, "Log in", lead=lead)


# --- sign in and out -----------------------------------------------------------------------------


@never_cache
@form_page
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    onward = wanted_next(request) or reverse("start")
    if request.user.is_authenticated:
        return HttpResponseRedirect(onward)
    form = LoginForm(request, _answers(request))
    if form.is_valid() and form.user:
        return _signed_in(request, form.user, onward)
    return _gate(
        request,
        "Log in",
        form,
        "Log in",
        below="login",
        next=onward if onward != reverse("start") else "",
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("start")


def _signed_in(request: HttpRequest, user: User, onward: str = "") -> HttpResponse:
    login(request, user, backend=BACKEND)
    return HttpResponseRedirect(onward or reverse("start"))


# --- forgotten password --------------------------------------------------------------------------


@never_cache
@form_page
def password_reset(request: HttpRequest) -> HttpResponse:
    """Asks for the address and says the same whether it is known or not."""
    form = EmailForm(_answers(request))
    if form.is_valid():
        email = form.cleaned_data["email"]
        user, token = _reset_token(email)
        mail = "password_reset" if user else "password_reset_unknown"
        if _mailed(
            request, form, user.email if user else email, mail, "password_reset_finish", token
        ):
            return redirect("mail_sent")
    lead = "Enter your e-mail address. We send you a link to choose a new password."
    return _gate(request, "Forgot your password?", form, "Send the link", lead=lead, below="reset")


def _reset_token(email: str) -> tuple[User | None, str]:
    """Who holds the address, and the secret of their link."""
    found = person_by_email(email)
    try:
        user = found.load() if found else None
    except User.DoesNotExist:
        user = None
    if user is None or found is None:
        return None, ""
    ids = (
        str(found.user_id),
        str(found.company_id or ""),
        default_token_generator.make_token(user),
    )
    return user, signing.dumps(ids, salt=RESET)


@never_cache
@form_page
@sensitive_post_parameters("password")
def password_reset_finish(request: HttpRequest, token: str) -> HttpResponse:
    account = _account_of(token)
    if account is None:
        return _link_is_over(request, "password_reset")
    form = NewPasswordForm(_answers(request))
    if form.is_valid():
        try:
            user = own_account.reset_password(account, new=form.cleaned_data["password"])
        except DomainError as error:
            form.refuse(error)
        else:
            forgive_tries(user.email)
            messages.success(request, "Your new password is set. Log in with it.")
            return redirect("login")
    return _gate(request, "Choose a new password", form, "Set the password")


def _account_of(token: str) -> Login | None:
    """The account that a link belongs to, while the password is the one it was made for."""
    try:
        user_id, company_id, secret = signing.loads(token, salt=RESET, max_age=LINK_LASTS)
        account = Login(UUID(user_id), UUID(company_id) if company_id else None)
        user = account.load()
    except (signing.BadSignature, ValueError, User.DoesNotExist):
        return None
    return account if default_token_generator.check_token(user, secret) else None


def _mailed(
    request: HttpRequest, form: PlainForm, to: str, mail: str, view: str, token: str
) -> bool:
    """Whether the mail went out; otherwise the form says so."""
    link = request.build_absolute_uri(reverse(view, args=[token])) if token else ""
    home = request.build_absolute_uri(reverse("start"))
    try:
        mails.send(to, mail, link=link, home=home, email=to)
    except mails.NotSent:
        form.add_error(None, NOT_SENT)
        return False
    return True


def _link_is_over(request: HttpRequest, again: str) -> HttpResponse:
    return _told(
        request, "This link is over", LINK_OVER, symbol="link_off", href=reverse(again),
        button="Ask for a new one", status=404,
    )  # fmt: skip


# --- profile -------------------------------------------------------------------------------------


@never_cache
@login_required
@form_page
@sensitive_post_parameters("old", "new")
def profile(request: HttpRequest) -> HttpResponse:
    """One's own name, availability and password; each part is saved by itself."""
    user = request.user
    if not isinstance(user, User):
        return redirect("login")
    looks_in = impersonation.company_of(request) is not None
    part = request.POST.get("part") if not looks_in else None
    forms = {
        "name": NameForm(
            _answers(request, part == "name"),
            initial={"first_name": user.first_name, "last_name": user.last_name},
        ),
        "availability": AvailabilityForm(
            _answers(request, part == "availability"), initial={"is_available": user.is_available}
        ),
        "password": ChangePasswordForm(_answers(request, part == "password")),
    }
    if part in forms and forms[part].is_valid() and _saved(request, user, part, forms[part]):
        return redirect("profile")
    roles = [role for key, role in ROLES.items() if key in user.roles]
    return _draw(
        request, "profile", title="Your profile", forms=forms, roles=roles, looks_in=looks_in,
        is_worker=TASK_WORKER in user.roles and user.company is not None, sites=sites_of(request),
    )  # fmt: skip


def _saved(request: HttpRequest, user: User, part: str, form: PlainForm) -> bool:
    verbs: dict[str, Any] = {
        "name": own_account.rename,
        "availability": services.set_availability,
        "password": own_account.change_password,
    }
    try:
        verbs[part](user, **form.cleaned_data)
    except DomainError as error:
        form.refuse(error)
        return False
    if part == "password":
        update_session_auth_hash(request, user)
    messages.success(request, "Saved.")
    return True


def _answers(request: HttpRequest, wanted: bool = True) -> QueryDict | None:
    """What a form is filled with: what was sent, or nothing on a first visit."""
    return request.POST if request.method == "POST" and wanted else None


urlpatterns = [
    path("", start, name="start"),
    path("signup/", sign_up, name="sign_up"),
    path("signup/<str:token>/", sign_up_finish, name="sign_up_finish"),
    path("mail-sent/", mail_sent, name="mail_sent"),
    path("invitation/<uuid:company_id>/<str:secret>/", accept_invitation, name="invitation"),
    path("login/", sign_in, name="login"),
    path("logout/", sign_out, name="logout"),
    path("password-reset/", password_reset, name="password_reset"),
    path("password-reset/<str:token>/", password_reset_finish, name="password_reset_finish"),
    path("profile/", profile, name="profile"),
]
