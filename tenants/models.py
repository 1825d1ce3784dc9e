"""Companies, their people and roles, and the base that makes a model belong to a company."""

from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import uuid_utils.compat
from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from tenants.calendar import WorkCalendar
from tenants.context import company_in_force, current_company_id, is_platform
from tenants.errors import NoTenant
from tenants.roles import EVERY_ROLE

T = TypeVar("T", bound=models.Model)


def uuid7() -> UUID:
    """A key that sorts by the time it was made: indexes grow at their end (RFC 9562, 5.7)."""
    return uuid_utils.compat.uuid7()


def _known_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            f"'{name}' is not a known time zone. Try for example 'Europe/Berlin'."
        )


def start_of_list() -> list[Any]:
    """Default of a JSON list (Django needs a named callable for its migrations)."""
    return []


def usual_week() -> list[Any]:
    """Monday to Friday, nine to five; None is a day without work."""
    return [["09:00", "17:00"]] * 5 + [None] * 2


class Company(models.Model):
    """A customer of the platform. Everything else belongs to exactly one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Short name for commands and addresses."
    )
    time_zone = models.CharField(
        max_length=60,
        default="UTC",
        validators=[_known_time_zone],
        help_text="Every time on every page is shown in this zone.",
    )
    working_hours = models.JSONField(
        default=usual_week,
        blank=True,
        help_text='By weekday from Monday: ["09:00", "17:00"], or null for a day off.',
    )
    holidays = models.JSONField(
        default=start_of_list, blank=True, help_text='Days without work: [{"date", "name"}].'
    )
    call_allowances = models.JSONField(
        default=start_of_list,
        blank=True,
        help_text="What its actions may call beyond public addresses; the platform decides.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Nobody of a company that is switched off can sign in."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "companies"
        verbose_name_plural = "companies"
        permissions: ClassVar = [("impersonate_company", "Can look at a company from inside")]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def calendar(self) -> WorkCalendar:
        """Its working time.

        Raises:
            CalendarError: hours or holidays are not what they should be.
        """
        return WorkCalendar(self.zone, self.working_hours, self.holidays)


class TenantManager(models.Manager[T]):
    """Rows of the company in force; raises NoTenant when there is none."""

    def get_queryset(self) -> models.QuerySet[T]:
        return super().get_queryset().filter(company_id=current_company_id())


class TenantOwned(models.Model):
    """A row of exactly one company. Every table of one has its policy (`tenants.checks` looks)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        default=current_company_id,
        editable=False,
        related_name="+",
    )

    objects = TenantManager[Self]()

    class Meta:
        abstract = True
        # Following a key goes through the wall too, not around it.
        base_manager_name = "objects"


class UserQuerySet(models.QuerySet["User"]):
    def with_roles(self) -> Self:
        """Read the role keys in the same statement: a page asks for them several times."""
        return self.annotate(
            role_keys=ArrayAgg("groups__name", filter=Q(groups__name__in=EVERY_ROLE), default=[])
        )

    def active(self) -> Self:
        return self.filter(is_active=True)

    def holding(self, role: str) -> Self:
        """People with this system role."""
        return self.filter(groups__name=role)


class UserManager(BaseUserManager["User"]):
    """People of the company in force; platform people while the platform is in force."""

    def get_queryset(self) -> UserQuerySet:
        if not (company := company_in_force()) and not is_platform():
            raise NoTenant
        people = UserQuerySet(self.model, using=self._db)
        return people.filter(company_id=company) if company else people.filter(company=None)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person of the platform; belongs to no company. Needs `platform_context()`."""
        user = self.model(
            email=self.normalize_email(email), is_superuser=True, company=None, **fields
        )
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail; belongs to one company, or, as superuser, to the platform."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        null=True,
        default=company_in_force,
        editable=False,
        related_name="+",
    )
    email = models.EmailField("e-mail address", max_length=254)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    is_active = models.BooleanField(
        "can sign in",
        default=True,
        help_text="Switch off instead of deleting: the history keeps the name.",
    )
    is_available = models.BooleanField(
        "takes new work", default=True, help_text="Nothing is handed to somebody who is away."
    )
    open_task_limit = models.PositiveSmallIntegerField(
        "most open tasks",
        null=True,
        blank=True,
        help_text="No further task is handed to this person at this number. Empty: no limit.",
    )
    date_joined = models.DateTimeField("joined at", auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    class Meta:
        db_table = "users"
        base_manager_name = "objects"
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="users_email_any_case_key",
                violation_error_message="This e-mail address already has an account.",
            ),
            models.CheckConstraint(
                condition=Q(company__isnull=True, is_superuser=True)
                | Q(company__isnull=False, is_superuser=False),
                name="users_superusers_have_no_company",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def is_staff(self) -> bool:
        """Unfold shows parts of its frame to staff only; which site opens, the roles decide."""
        return self.is_active

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.email

    @cached_property
    def roles(self) -> frozenset[str]:
        """System role keys. A platform person holds every role of the company they look into."""
        if self.is_superuser:
            return EVERY_ROLE if company_in_force() else frozenset()
        if (keys := getattr(self, "role_keys", None)) is None:
            keys = self.groups.filter(name__in=EVERY_ROLE).values_list("name", flat=True)
        return frozenset(keys)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """As the backends say. Django's own answer for a superuser is yes to everything; a platform
        person has no say in a company they do not look into."""
        return self.is_active and any(
            backend.has_perm(self, perm, obj)
            for backend in get_backends()
            if hasattr(backend, "has_perm")
        )

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and any(
            backend.has_module_perms(self, app_label)
            for backend in get_backends()
            if hasattr(backend, "has_module_perms")
        )

    @property
    def label(self) -> str:
        """How history names this person: survives a change of name and crosses no wall."""
        return f"{self} (TicketFlower support)" if self.is_superuser else str(self)


class CompanyRole(TenantOwned):
    """Who may ask for what, in the company's own words ("managers"). Members are in its group.

    The group's name is opaque: groups are shared by all companies and must tell nothing.
    """

    EVERYBODY = "user"

    key = models.SlugField(max_length=60)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    group = models.OneToOneField(
        Group, on_delete=models.PROTECT, editable=False, related_name="company_role"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        db_table = "company_roles"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "key"],
                name="company_roles_company_key",
                violation_error_message="A company role with this key exists already.",
            )
        ]
        ordering: ClassVar = ["title"]

    def __str__(self) -> str:
        return self.title


class Invitation(TenantOwned):
    """A person was asked to join. Only the mailed link creates the account, so that nobody learns
    from this list whether an address already belongs to somebody."""

    email = models.EmailField(max_length=254)
    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)
    roles = models.JSONField(default=start_of_list)
    company_roles = models.JSONField(default=start_of_list)
    token_hash = models.CharField(max_length=64, editable=False)
    invited_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        db_constraint=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        db_table = "invitations"
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.email

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and now < self.expires_at


class AuditManager(models.Manager["AuditEntry"]):
    """The log of the company in force; the platform's own log while the platform is in force."""

    def get_queryset(self) -> models.QuerySet["AuditEntry"]:
        if not (company := company_in_force()) and not is_platform():
            raise NoTenant
        entries = super().get_queryset()
        return entries.filter(company_id=company) if company else entries.filter(company=None)


class AuditEntry(models.Model):
    """Who did what about people, roles, settings and access. Written, never changed.

    The actor is kept as text as well: a platform person is no row of the company.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        null=True,
        default=company_in_force,
        editable=False,
        related_name="+",
    )
    actor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+"
    )
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200, help_text="What it was done to.")
    detail = models.JSONField(default=dict, help_text="What changed: {field: [before, after]}.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AuditManager()

    class Meta:
        db_table = "audit_entries"
        base_manager_name = "objects"
        verbose_name_plural = "audit log"
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["company", "-created_at"], name="audit_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.actor_label}: {self.action} {self.subject}"


class CompanySecret(TenantOwned):
    """A password or token that actions name and nobody can read again; `sealed` as in `sealing`."""

    name = models.CharField(max_length=80, help_text="What definitions call it.")
    sealed = models.TextField(editable=False)
    updated_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        db_table = "company_secrets"
        verbose_name = "secret"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name"], name="company_secrets_company_name")
        ]

    def __str__(self) -> str:
        return self.name
