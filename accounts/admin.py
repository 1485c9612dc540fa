"""The platform admin's screens of people and of what they are signed in with. Organisers see none of them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.actions import restore_user
from accounts.models import OneTimeCode, Session, TokenBlacklist, User
from accounts.sessions import deactivate_user, reactivate_user
from platform_site.db.admin import AdminsOnly, link


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True  # guests, who have none, come by a room's code


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> Any:
        """Says in words what the database refuses for guests and for everybody else."""
        given = super().clean() or self.cleaned_data
        if not self.instance.is_guest and "email" in given and not given["email"]:
            self.add_error("email", "Only guests have no e-mail.")
        if self.instance.is_guest and (given.get("email") or given.get("is_staff") or given.get("is_superuser")):
            self.add_error(None, "A guest has neither an e-mail nor a way into the dashboard.")
        return given


@admin.register(User)
class UserAdmin(AdminsOnly, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    restoring = staticmethod(restore_user)
    list_display = ("name", "email", "kind", "is_active", "created_at", "last_login")
    list_display_links = ("name", "email")
    list_filter = ("is_staff", "is_superuser", "is_guest", "is_active")
    search_fields = ("name", "email", "id")
    ordering = ("-created_at", "id")
    filter_horizontal = ()
    autocomplete_fields = ("groups",)
    readonly_fields = (
        "provider",
        "provider_id",
        "is_guest",
        "last_login",
        "created_at",
        "updated_at",
        "deleted_at",
        "erased_at",
    )
    fieldsets = [
        (None, {"fields": ["name", "email", "email_verified", "password"]}),
        ("Rights", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("Sign-in", {"fields": ["provider", "provider_id", "is_guest", "last_login"]}),
        ("Dates", {"fields": ["created_at", "updated_at", "deleted_at", "erased_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Nothing is left of an erased person that could be changed; a deleted one is restored first.
        alive = obj is None or getattr(obj, "deleted_at", None) is None
        return self.has_view_permission(request) and alive

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Closing an account ends its devices and tokens, which a plain save would leave."""
        if not change or "is_active" not in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        switch = reactivate_user if obj.is_active else deactivate_user
        obj.is_active = not obj.is_active
        super().save_model(request, obj, form, change)
        switch(user=obj, by=request.user)

    def restorable(self) -> Any:
        return super().restorable().filter(erased_at=None)

    @display(
        description="Kind",
        label={"Platform admin": "danger", "Organiser": "primary", "Guest": "warning", "Deleted": "default"},
    )
    def kind(self, user: User) -> str:
        if user.deleted_at is not None:
            return "Deleted"
        if user.is_superuser:
            return "Platform admin"
        if user.is_guest:
            return "Guest"
        return "Organiser" if user.is_staff else "User"


@admin.register(Session)
class SessionAdmin(AdminsOnly):
    list_display = ("person", "device_info", "ip_address", "state", "last_used_at", "expires_at")
    list_display_links = ("person",)
    search_fields = ("user__name", "user__email", "device_info", "ip_address")
    ordering = ("-created_at", "-id")
    fields = (
        "person",
        "device_info",
        "ip_address",
        "state",
        "created_at",
        "last_used_at",
        "expires_at",
        "rotated_at",
        "revoked_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user")

    @display(description="Person", ordering="user__name")
    def person(self, session: Session) -> str:
        return link(session.user)

    @display(
        description="State", label={"Live": "success", "Rotated": "default", "Revoked": "danger", "Expired": "default"}
    )
    def state(self, session: Session) -> str:
        if session.revoked_at:
            return "Revoked"
        if session.rotated_at:
            return "Rotated"
        return "Live" if session.expires_at > timezone.now() else "Expired"


@admin.register(TokenBlacklist)
class TokenBlacklistAdmin(AdminsOnly):
    list_display = ("revoked_at", "user", "reason", "revoked_by", "expires_at")
    search_fields = ("user__name", "user__email", "reason")
    ordering = ("-revoked_at", "-id")
    fields = ("user", "reason", "revoked_at", "revoked_by", "expires_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "revoked_by")


@admin.register(OneTimeCode)
class OneTimeCodeAdmin(AdminsOnly):
    list_display = ("kind", "user", "expires_at")
    ordering = ("-expires_at", "-id")
    fields = ("kind", "user", "expires_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user").defer("details")


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Which screens people see. Which rows they see in them no permission widens.

    Whoever could change a group could give themselves rights, so only platform admins do.
    """

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
