"""What every screen of the organiser dashboard has in common, whatever table it shows."""

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from rest_framework import serializers
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from platform_site.db.models import SoftDeletedRow
from platform_site.rest.exceptions import DomainError, flat_messages

RANGES = {"gte", "gt", "lte", "lt", "exact", "isnull", "in"}


class DeletedFilter(admin.SimpleListFilter):
    """Hides soft-deleted rows until a platform admin asks for them."""

    title = "deleted"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Only deleted"), ("all", "Deleted too")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Living"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "all":
            return queryset
        return queryset.filter(deleted_at__isnull=self.value() != "yes")


class RefusableForm(forms.ModelForm):
    """A form that shows why an action function refused: `refusal` is set for the second look at the same data."""

    refusal: DomainError | None = None
    # The serializer of the API's body for the same thing: what it refuses, the form refuses.
    rules: type[serializers.Serializer] | None = None
    # The form's field for a name of the API, where it is not the source of that name in `rules`.
    field_names: dict[str, str] = {}

    def clean(self) -> Any:
        cleaned = super().clean()
        self.apply_rules()
        if self.refusal is not None:
            self.show(self.refusal)
        return cleaned

    def apply_rules(self) -> None:
        if self.rules is None:
            return
        sources = self.sources()
        given = {name: self.cleaned_data[source] for name, source in sources.items() if source in self.cleaned_data}
        checked = self.rules(data=given, partial=True)
        if checked.is_valid():
            return
        for path, texts in flat_messages(checked.errors).items():
            name = path.split(".")[0]
            self.add_error(sources.get(name) if sources.get(name) in self.fields else None, texts)

    def sources(self) -> dict[str, str]:
        """{name in the API: field}, as `rules` has them."""
        return (
            {name: field.source or name for name, field in self.rules(partial=True).fields.items()}
            if self.rules
            else {}
        )

    def show(self, refusal: DomainError) -> None:
        faults = refusal.details.get("fields", {})
        names = self.sources() | self.field_names
        for path, texts in faults.items():
            name = names.get(path.split(".")[0], path)
            for text in texts:
                if name in self.fields:
                    self.add_error(name, self.text_of(path, text))
                else:
                    self.add_error(None, f"{path}: {text}")
        if not faults:
            self.add_error(None, refusal.message)

    def text_of(self, path: str, text: str) -> str:
        inside = ".".join(path.split(".")[1:])
        return f"{inside}: {text}" if inside else text


class RowAdmin(ModelAdmin):
    """A screen that reads. A subclass that lets people write calls an action function in `save_model`; what that
    refuses is shown in the form, and nothing of it has happened. Rows are never deleted for good here.
    """

    list_per_page = 50
    compressed_fields = True
    change_form_template: Any = "admin/row.html"
    # The action function that brings a soft-deleted row back, where a platform admin may: restore(pk, by=…).
    restoring: Callable[..., Any] | None = None
    actions_detail: list[Any] = ["restore"]

    @property
    def deletes_softly(self) -> bool:
        return issubclass(self.model, SoftDeletedRow)

    def get_queryset(self, request: HttpRequest) -> Any:
        """All rows for a platform admin, soft-deleted ones too (the list hides them by its filter); none for others."""
        if not request.user.is_superuser:
            return self.model._default_manager.none()
        return self.order(request, self.all_rows(request))

    def all_rows(self, request: HttpRequest) -> Any:
        # A soft-deleted row is no choice for anything new.
        offered = request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
        return self.model._default_manager.all() if offered else self.model._base_manager.all()

    def order(self, request: HttpRequest, rows: Any) -> Any:
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_list_filter(self, request: HttpRequest) -> Any:
        filters = list(super().get_list_filter(request))
        return [*filters, DeletedFilter] if self.deletes_softly and request.user.is_superuser else filters

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the filters offer: any other lookup would tell of fields that the screen does not show."""
        if request is None:
            return False
        filters: list[Any] = self.get_list_filter(request)
        offered = {
            getattr(item, "parameter_name", None) or (item[0] if isinstance(item, tuple) else item) for item in filters
        }
        name, _, suffix = lookup.rpartition("__")
        return lookup in offered or (name in offered and suffix in RANGES)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if issubclass(form, RefusableForm):
            form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except DomainError as refusal:
            # The transaction of the first try is rolled back. The second look at the same data ends at the form.
            request.refusal = refusal
            return super().changeform_view(request, *args, **kwargs)

    def has_restore_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.restoring and request.user.is_superuser and self.has_view_permission(request))

    def restorable(self) -> Any:
        """The soft-deleted rows that the rules allow to come back."""
        return self.model._base_manager.exclude(deleted_at=None)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        buttons = super().get_actions_detail(request, object_id)
        if self.restoring and self.restorable().filter(pk=object_id).exists():
            return buttons
        return [button for button in buttons if not button.action_name.endswith("_restore")]

    @action(
        description="Restore",
        permissions=["restore"],
        icon="restore_from_trash",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Restore this?",
            "description": "It appears again everywhere it was.",
            "form_class": None,
            "form_submit_text": "Restore",
        },
    )
    def restore(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        restore = type(self).restoring
        if restore is None:
            raise PermissionDenied
        try:
            row = restore(object_id, by=request.user)
        except DomainError:
            messages.error(request, "This cannot be restored.")
            return go_to(self.list_address())
        self.log_change(request, row, "Restored.")
        messages.success(request, f"{row} is back.")
        return go_to(self.address_of(object_id))

    def carry_out(self, request: HttpRequest, row: Any, done: str, act: Callable[[], Any]) -> bool:
        """Runs an action function and says how it went, at the top of the next page and in the history of `row`."""
        try:
            act()
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return False
        self.log_change(request, row, done)
        messages.success(request, done)
        return True

    def address_of(self, object_id: str, fragment: str = "") -> str:
        return admin_address(self.model, "change", object_id) + (f"#{fragment}" if fragment else "")

    def list_address(self) -> str:
        return admin_address(self.model, "changelist")


class AdminsOnly(RowAdmin):
    """A screen for platform admins. Organisers do not know that it is there."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class ManagedAdmin(RowAdmin):
    """A screen of rows of rooms: organisers have those of the rooms they organize or moderate, by `managed_by`."""

    def get_queryset(self, request: HttpRequest) -> Any:
        if request.user.is_superuser:
            return super().get_queryset(request)
        return self.order(request, self.model._default_manager.managed_by(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_view_permission(request, None):
            return False
        # Unfold asks with the id, Django with the row.
        pk = getattr(obj, "pk", obj)
        return pk is None or self.get_queryset(request).filter(pk=pk).exists()


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever may open the page may read what belongs to it.
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def admin_address(model: type[models.Model], page: str, *args: str) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def go_to(address: str) -> HttpResponse:
    """The answer to a dialog: htmx then opens `address`."""
    return HttpResponse(headers={"HX-Redirect": address})


def link(row: Any, text: str = "") -> str:
    """A link to the page of `row`."""
    if row is None:
        return "–"
    return format_html('<a href="{}" class="text-link">{}</a>', admin_address(type(row), "change", row.pk), text or row)
