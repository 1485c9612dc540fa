"""Who somebody is: users (guests among them), their refresh sessions, and what was revoked."""

import unicodedata
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.module_loading import import_string

from accounts.enums import OneTimeCodeKind
from accounts.errors import InvalidToken
from accounts.querysets import SessionQuerySet, UserManager, UserQuerySet
from platform_site.db.ids import new_id
from platform_site.db.models import Row, SoftDeletedRow

DELETED_USER_NAME = "Deleted user"


class NormalizedEmailField(models.EmailField):
    """An address stored and looked up in one spelling: NFC and lower case; an empty one is null."""

    def to_python(self, value: Any) -> str | None:
        value = super().to_python(value)
        return unicodedata.normalize("NFC", value).strip().lower() or None if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.to_python(value) if isinstance(value, str) else value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value


class User(SoftDeletedRow, AbstractBaseUser, PermissionsMixin):
    email = NormalizedEmailField(unique=True, null=True, blank=True, help_text="Empty for guests and erased users.")
    name = models.CharField(max_length=255)
    avatar = models.TextField(null=True, blank=True, help_text="An address, or a small picture as a data: URI.")
    provider = models.CharField(max_length=50, null=True, blank=True, help_text="Who vouches for this person.")
    provider_id = models.CharField(max_length=255, null=True, blank=True, help_text="The provider's id of the person.")
    email_verified = models.BooleanField(default=False)
    is_guest = models.BooleanField(default=False, help_text="Joined one room by its code, without an account.")
    is_placeholder = models.BooleanField(
        default=False, editable=False, help_text="Stands for somebody on a list, who has not signed in."
    )
    claimed_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="former_guests",
        help_text="The account that took over this guest's places.",
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May enter the organiser dashboard.")
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = UserManager.from_queryset(UserQuerySet)()
    all_objects: ClassVar[Any] = models.Manager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta(SoftDeletedRow.Meta):
        constraints = [
            models.UniqueConstraint(fields=["provider", "provider_id"], name="user_provider_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case"),
            models.CheckConstraint(
                condition=~Q(provider="") & ~Q(provider_id="") & (Q(provider_id=None) | ~Q(provider=None)),
                name="user_provider_never_empty",
            ),
            models.CheckConstraint(
                condition=~Q(email=None) | Q(is_guest=True) | ~Q(deleted_at=None), name="user_has_email_or_is_guest"
            ),
            models.CheckConstraint(
                condition=Q(is_guest=False) | Q(email=None, is_staff=False, is_superuser=False),
                name="user_guest_has_no_email",
            ),
            models.CheckConstraint(
                condition=Q(is_guest=True) | Q(is_placeholder=False, claimed_by=None),
                name="user_placeholder_is_guest",
            ),
            models.CheckConstraint(condition=Q(claimed_by=None) | Q(is_active=False), name="user_claimed_is_inactive"),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(deleted_at__isnull=False, email=None, avatar=None, provider_id=None, name=DELETED_USER_NAME),
                name="user_erased_keeps_nothing",
            ),
            # That an erased user cannot be restored is the rule user_erased_for_good (migration 0002).
        ]
        indexes = [
            models.Index(fields=["created_at"], name="user_guests_by_age", condition=Q(is_guest=True, deleted_at=None)),
        ]

    def __str__(self) -> str:
        return self.name or self.pk  # never the e-mail: this stands in titles and logs

    def get_full_name(self) -> str:
        return self.name

    @classmethod
    def named_by_token(cls, pk: str) -> Self:
        """The user `pk` as a verified token names them: nothing but the id, no query.

        The first field that somebody reads loads them all, in one query. Raises InvalidToken then, if the account is
        gone or was deactivated.
        """
        user = cls.from_db(DEFAULT_DB_ALIAS, ["id"], [pk])
        user.named_by_a_token = True
        return user

    named_by_a_token = False

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Loads every field that is still missing as soon as one is asked for, instead of one query each."""
        missing = self.get_deferred_fields()
        if fields is not None and missing.issuperset(fields):
            fields = list(missing)
        try:
            super().refresh_from_db(using=using, fields=fields, from_queryset=from_queryset)
        except self.DoesNotExist:
            if self.named_by_a_token:
                raise InvalidToken from None
            raise
        if self.named_by_a_token and not (self.is_active and self.deleted_at is None):
            raise InvalidToken


class Session(Row):
    """One refresh token. Rotation adds a row to the same `family`, which is one signed-in device.

    A browser that is signed in on this site's pages is a device too: its row has a token that nobody knows, and
    PageSession points at it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    family = models.CharField(max_length=25, default=new_id, editable=False, db_index=True)
    rotated_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="successors"
    )
    room_id = models.CharField(max_length=25, blank=True, editable=False, help_text="A guest's only room.")
    expires_at = models.DateTimeField(db_index=True)
    device_info = models.CharField(max_length=500, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(SessionQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="session_expires_after_creation"),
        ]

    def __str__(self) -> str:
        return f"{self.device_info or 'Unknown device'} ({self.created_at:%Y-%m-%d %H:%M})"


class PageSessionManager(BaseSessionManager):
    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("device")


class PageSession(AbstractBaseSession):
    """The session of a browser on this site's pages. It has no device while nobody is signed in in it."""

    device = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, related_name="page_sessions")

    objects: ClassVar[Any] = PageSessionManager()

    class Meta(AbstractBaseSession.Meta):
        verbose_name, verbose_name_plural = "page session", "page sessions"

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_string("accounts.page_sessions.SessionStore")


class TokenBlacklist(models.Model):
    """A revoked mark (`jti:…` one token, `sid:…` one device, `sub:…` one person), kept only as its hash."""

    id = models.CharField(primary_key=True, max_length=25, default=new_id, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="revoked_tokens")
    reason = models.CharField(max_length=100, blank=True)
    revoked_at = models.DateTimeField(auto_now_add=True)
    revoked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name_plural = "token blacklist"

    def __str__(self) -> str:
        return f"{self.reason or 'revoked'} until {self.expires_at:%Y-%m-%d %H:%M}"


class OneTimeCode(models.Model):
    """A secret that works once and soon, kept only as its hash: using it deletes the row.

    A STATE belongs to a sign-in that is on its way through the provider, an EXCHANGE stands for one that came back.
    """

    id = models.CharField(primary_key=True, max_length=25, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=OneTimeCodeKind)
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="one_time_codes")
    details = models.JSONField(default=dict)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=OneTimeCodeKind.STATE, user=None)
                | Q(kind=OneTimeCodeKind.EXCHANGE, user__isnull=False),
                name="one_time_code_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} until {self.expires_at:%Y-%m-%d %H:%M:%S}"
