"""The organiser's screens of an event: rooms, the people in them, and the log."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.shapes import name_of
from apps_registry import manifest
from apps_registry.models import App
from apps_registry.settings_form import SettingsField, as_rows
from platform_site.db.admin import AdminsOnly, DeletedFilter, ManagedAdmin, RefusableForm, admin_address, go_to, link
from platform_site.hooks import ROOM_PAGE
from rooms.actions import (
    check_in,
    create_room,
    delete_room,
    make_screen_key,
    remove_participant,
    restore_participant,
    restore_room,
    undo_check_in,
    update_room,
)
from rooms.enums import ParticipantRole, RoomStatus
from rooms.inputs import RoomInput
from rooms.models import GuestSeat, Invitation, ListedPlace, Notification, Participant, Room, RoomEvent, ScreenKey
from rooms.permissions import Need, is_allowed
from rooms.querysets import level_of
from rooms.shapes import settings_at

MOST_CHOICES = 200
STATUS_LABELS = {
    RoomStatus.DRAFT: "info",
    RoomStatus.ACTIVE: "success",
    RoomStatus.COMPLETED: "default",
    RoomStatus.CANCELLED: "danger",
}


class RoomDropdown(DropdownFilter):
    """The rooms that the reader runs, and no others."""

    title = "room"
    parameter_name = "room"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rooms = Room.objects.managed_by(request.user).order_by("-created_at", "id")
        choices = list(rooms.values_list("pk", "name")[:MOST_CHOICES])
        chosen = request.GET.get(self.parameter_name)
        if chosen and chosen not in dict(choices):
            choices += rooms.filter(pk=chosen).values_list("pk", "name")
        return choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(room=self.value()) if self.value() else queryset


class AppDropdown(DropdownFilter):
    title = "application"
    parameter_name = "app"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(app.app_id, app.name) for app in App.objects.order_by("app_id")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(app=self.value()) if self.value() else queryset


PLAIN_FIELDS = (
    "name",
    "description",
    "time_zone",
    "is_public",
    "entry_policy",
    "join_locked",
    "max_participants",
    "mask_names",
    "reveal_seconds",
    "privacy_notice",
)


class RoomForm(RefusableForm):
    rules = RoomInput
    field_names = {"appId": "app_settings"}

    class Meta:
        model = Room
        fields = (*PLAIN_FIELDS, "app_settings")

    def text_of(self, path: str, text: str) -> str:
        field = self.fields.get("app_settings")
        first, _, inside = path.partition(".")
        if first == "appSettings" and isinstance(field, SettingsField):
            return field.mark(inside, text)
        return super().text_of(path, text)


@admin.register(Room)
class RoomAdmin(ManagedAdmin):
    form = RoomForm
    restoring = staticmethod(restore_room)
    list_display = ("room_name", "status_label", "app_name", "is_public", "people", "prizes", "winners", "created_at")
    list_display_links = ("room_name",)
    list_filter = ("status", AppDropdown, "is_public")
    search_fields = ("name", "join_code")
    ordering = ("-created_at", "id")
    list_per_page = 25
    change_form_template = "admin/rooms/room/change_form.html"
    # Cancelling cannot be undone, so it is not beside what is pressed all evening.
    actions_detail: list[Any] = [
        "activate",
        "award",
        "add_prize",
        "open_screen",
        "complete",
        {"title": "More", "icon": "more_horiz", "items": ["history", "cancel", "delete_softly"]},
        "restore",
    ]
    actions_detail_hide_default = True

    # --- Who may do what ---------------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("rooms.add_room"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not request.user.has_perm("rooms.change_room"):
            return False
        return obj is None or self.may(request, obj, Need.ORGANIZE)

    def has_organize_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return object_id is not None and self.may(request, object_id, Need.ORGANIZE)

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return object_id is not None and self.may(request, object_id, Need.RUN)

    def may(self, request: HttpRequest, room: Any, need: Need) -> bool:
        found = self.room_of(request, room)
        return found is not None and found.deleted_at is None and is_allowed(found, request.user, need)

    def room_of(self, request: HttpRequest, room: Any) -> Room | None:
        """The room (or the room of an id) with the reader's role, where it is theirs to see."""
        pk = getattr(room, "pk", room)
        # Unfold asks for every button; the row is read once a request.
        known = request.__dict__.setdefault("_rooms_of_page", {})
        if pk not in known:
            known[pk] = self.get_queryset(request).filter(pk=pk).first()
        return known[pk]

    def get_queryset(self, request: HttpRequest) -> Any:
        rooms = super().get_queryset(request).with_role_of(request.user).with_counts()
        return rooms.select_related("app", "created_by")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        room = super().get_object(request, object_id, from_field)
        if room is not None:
            room.reader = request.user
        return room

    # --- The list ----------------------------------------------------------------------------------------------

    @display(description="Room", ordering="name", header=True)
    def room_name(self, room: Room) -> list[str]:
        return [room.name, f"Code {room.join_code}"]

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def status_label(self, room: Room) -> tuple[str, str]:
        return room.status, room.get_status_display()

    @display(description="Application", ordering="app")
    def app_name(self, room: Room) -> str:
        return room.app.name

    @display(description="People")
    def people(self, room: Any) -> int:
        return room.participant_count

    @display(description="Prizes")
    def prizes(self, room: Any) -> int:
        return room.prize_count

    @display(description="Winners")
    def winners(self, room: Any) -> int:
        return room.winner_count

    # --- The form ----------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        app_settings = "app_settings"
        if obj is not None and not self.has_change_permission(request, obj):
            app_settings = "settings_to_read"
        app = [] if obj is None else ["app_and_version"]
        return [
            (None, {"fields": ["name", "description", "time_zone", *app]}),
            ("Who may join", {"fields": ["is_public", "entry_policy", "join_locked", "max_participants"]}),
            ("In the hall", {"fields": ["mask_names", "reveal_seconds", "privacy_notice"]}),
            ("Settings of the application", {"fields": [app_settings]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("app_and_version", "settings_to_read")

    @display(description="Application")
    def app_and_version(self, room: Room) -> str:
        return f"{room.app.name}, version {room.app_manifest_version}"

    @display(description="Settings")
    def settings_to_read(self, room: Any) -> str:
        """What a moderator may see: their level, and nothing private."""
        shown = settings_at(room, level_of(room, room.reader))
        rows = as_rows(manifest.settings_schema(room.manifest_version_id), shown)
        return render_to_string("admin/includes/settings.html", {"rows": rows})

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "app_settings" not in form.base_fields:
            return form
        form.base_fields["description"].widget.attrs["rows"] = 3
        form.base_fields["privacy_notice"].widget.attrs["rows"] = 3
        if obj is None:
            form.base_fields["time_zone"].initial = settings.DEFAULT_TIME_ZONE
        key = obj.manifest_version_id if obj is not None else self.chosen_version(request)
        schema = manifest.settings_schema(key) if key else {}
        frozen: set[str] = set()
        if obj is not None and obj.status != RoomStatus.DRAFT:
            mutable = manifest.mutable_settings(key) if obj.is_open else set()
            frozen = schema.get("properties", {}).keys() - mutable
        initial = None if obj is not None or not key else manifest.with_defaults(key, {})
        form.base_fields["app_settings"] = SettingsField(schema, frozen=frozen, initial=initial)
        return form

    def chosen_version(self, request: HttpRequest) -> str:
        app = self.chosen_app(request)
        return f"{app.app_id}@{app.manifest_version}" if app else ""

    def chosen_app(self, request: HttpRequest) -> App | None:
        return App.objects.filter(app_id=request.GET.get("app", ""), is_active=True).first()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """First the application, because it decides what there is to set; then the form."""
        if not self.has_add_permission(request) or self.chosen_app(request):
            return super().add_view(request, form_url, extra_context)
        choices = [
            {"address": f"?app={app.app_id}", "title": app.name, "text": app.manifest["meta"]["description"]}
            for app in App.objects.filter(is_active=True).order_by("app_id")
        ]
        return choose(self, request, "What will the event run?", choices, "No application is registered yet.")

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        changes = {name: given[name] for name in PLAIN_FIELDS if name in given}
        if not change:
            app = self.chosen_app(request)
            room = create_room(
                by=request.user, app_id=app.app_id if app else "", app_settings=given["app_settings"], **changes
            )
        else:
            changed = {name: value for name, value in changes.items() if name in form.changed_data}
            changes_of_app = changed_settings(form.initial["app_settings"], given["app_settings"], form)
            if changes_of_app:
                changed["app_settings"] = changes_of_app
            room = update_room(room_id=obj.pk, by=request.user, **changed)
        vars(obj).update(vars(room))

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, f"“{obj.name}” is ready. Add prizes, invite people, then activate it.")
        return redirect(self.address_of(obj.pk))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        messages.success(request, "Saved.")
        return redirect(self.address_of(obj.pk, "general"))

    # --- The page ----------------------------------------------------------------------------------------------

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any) -> Any:
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if obj is not None:
            context["room_page"] = {
                name: value for shown in ROOM_PAGE(room=obj, request=request) for name, value in shown.items()
            }
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Only the buttons that the room's status has a use for."""
        room = self.room_of(request, object_id)
        useful: dict[str, set[str]] = {
            RoomStatus.DRAFT: {"activate", "add_prize", "open_screen", "cancel", "delete_softly"},
            RoomStatus.ACTIVE: {"complete", "add_prize", "open_screen", "award", "cancel"},
            RoomStatus.COMPLETED: {"open_screen", "delete_softly"},
            RoomStatus.CANCELLED: {"delete_softly"},
        }
        names = useful.get(room.status, set()) if room else set()
        names = names | {"history", "restore"}
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.action_name.removeprefix("rooms_room_") in names
        ]

    def set_status(self, request: Any, object_id: str, status: str, done: str) -> HttpResponse:
        room = self.room_of(request, object_id)
        self.carry_out(request, room, done, lambda: update_room(room_id=object_id, by=request.user, status=status))
        return go_to(self.address_of(object_id))

    @action(
        description="Activate",
        permissions=["organize"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
        dialog={
            "title": "Start the event?",
            "description": "From now on prizes can be won. The application and most of its settings are frozen.",
            "form_class": None,
            "form_submit_text": "Activate",
        },
    )
    def activate(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.set_status(request, object_id, RoomStatus.ACTIVE, "The event has started.")

    @action(
        description="Complete",
        permissions=["organize"],
        icon="flag",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Complete the event?",
            "description": "Nobody can join or win any more. This cannot be undone.",
            "form_class": None,
            "form_submit_text": "Complete",
        },
    )
    def complete(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.set_status(request, object_id, RoomStatus.COMPLETED, "The event is completed.")

    @action(
        description="Cancel event",
        permissions=["organize"],
        icon="cancel",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Cancel the event?",
            "description": "It ends without being held. This cannot be undone.",
            "form_class": None,
            "form_submit_text": "Cancel the event",
        },
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        return self.set_status(request, object_id, RoomStatus.CANCELLED, "The event is cancelled.")

    @action(
        description="Delete",
        permissions=["organize"],
        icon="delete",
        url_path="hide",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Delete the room?",
            "description": "Nobody sees it any more. Winners, draws and log are kept; a platform admin can restore it.",
            "form_class": None,
            "form_submit_text": "Delete",
        },
    )
    def delete_softly(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        room = self.room_of(request, object_id)
        gone = self.carry_out(
            request, room, f"“{room}” is deleted.", lambda: delete_room(room_id=object_id, by=request.user)
        )
        return go_to(self.list_address() if gone else self.address_of(object_id))

    @action(description="Add a prize", permissions=["run"], icon="add", url_path="add-prize")
    def add_prize(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{reverse('admin:prizes_prize_add')}?room={object_id}")

    @action(
        description="Big screen",
        permissions=["run"],
        icon="tv",
        url_path="open-screen",
        dialog={
            "title": "Open the big screen?",
            "description": "Do this on the machine at the projector. The link holds a key that opens this room for "
            "showing, and nothing else.",
            "form_class": None,
            "form_submit_text": "Open",
        },
    )
    def open_screen(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        room = self.room_of(request, object_id)
        made: list[str] = []
        done = self.carry_out(
            request,
            room,
            "A key for a big screen was made.",
            lambda: made.append(make_screen_key(room_id=object_id, by=request.user)[1]),
        )
        # Behind #, where it reaches no server and no log.
        return go_to(reverse("screen", args=(object_id,)) + f"#key={made[0]}" if done else self.address_of(object_id))

    @action(description="History", permissions=["view"], icon="history", url_path="changes")
    def history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(admin_address(Room, "history", object_id))

    @action(description="Award", permissions=["run"], icon="trophy")
    def award(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(f"{reverse('admin:prizes_winner_add')}?room={object_id}")


def changed_settings(before: dict[str, Any], given: dict[str, Any], form: Any) -> dict[str, Any]:
    """What the form changes; None for a setting that was emptied. The action decides whether it may."""
    drawn = form.fields["app_settings"].widget.get_schema().get("properties", {})
    after = {name: given.get(name) for name in drawn.keys() | given.keys()}
    return {name: value for name, value in after.items() if value != before.get(name)}


def choose(screen: Any, request: HttpRequest, title: str, choices: list[dict[str, str]], nothing: str) -> HttpResponse:
    """The step before a form that depends on a choice."""
    context = {
        **screen.admin_site.each_context(request),
        "opts": screen.opts,
        "title": title,
        "choices": choices,
        "nothing": nothing,
    }
    request.current_app = screen.admin_site.name
    return TemplateResponse(request, "admin/choose.html", context)


class GoneFilter(DeletedFilter):
    title = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Only gone"), ("all", "Gone too")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "In the room"}
        yield from others


class RemovalForm(BaseDialogForm):
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text="Organizers and moderators can read it.",
    )


@admin.register(Participant)
class ParticipantAdmin(ManagedAdmin):
    list_display = ("person", "role_label", "room_link", "joined_at", "checked_in_at")
    list_display_links = ("person",)
    list_filter = (RoomDropdown, "role")
    ordering = ("-joined_at", "id")
    list_select_related = ("user", "room")
    fields = ("person", "room_link", "role", "joined_at", "checked_in_at", "metadata", "removal")
    readonly_fields = fields

    actions_detail = ["check_in", "undo_check_in", "remove", "let_back_in"]

    def of(self, request: HttpRequest, object_id: str) -> Any:
        return self.get_queryset(request).filter(pk=object_id).first()

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return object_id is not None and self.of(request, object_id) is not None

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        person = self.of(request, object_id)
        useful = {"let_back_in"}
        if person is not None and person.deleted_at is None:
            useful = {"remove"}
            if person.room.is_open:
                useful.add("undo_check_in" if person.checked_in_at else "check_in")
        buttons = super().get_actions_detail(request, object_id)
        return [button for button in buttons if button.action_name.removeprefix("rooms_participant_") in useful]

    @action(
        description="Check in",
        permissions=["run"],
        icon="how_to_reg",
        variant=ActionVariant.PRIMARY,
        url_path="check-in",
        dialog={
            "title": "Check this person in?",
            "description": "They are here. A draw can be held among those who are.",
            "form_class": None,
            "form_submit_text": "Check in",
        },
    )
    def check_in(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        return self.note(request, object_id, check_in, "is here.")

    @action(
        description="Undo check-in",
        permissions=["run"],
        icon="undo",
        url_path="undo-check-in",
        dialog={
            "title": "Undo this check-in?",
            "description": "They are not here. They enter no draw among those who are.",
            "form_class": None,
            "form_submit_text": "Undo check-in",
        },
    )
    def undo_check_in(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        return self.note(request, object_id, undo_check_in, "is not checked in any more.")

    def note(self, request: Any, object_id: str, noted: Any, done: str) -> HttpResponse:
        person = self.of(request, object_id)
        self.carry_out(
            request,
            person,
            f"{name_of(person.user)} {done}",
            lambda: noted(room_id=person.room_id, participant_id=object_id, by=request.user),
        )
        return go_to(self.address_of(object_id))

    @action(
        description="Remove from the room",
        permissions=["run"],
        icon="person_remove",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Remove this person?",
            "description": (
                "They lose the room at once. An account stays out until an organizer lets it in again; a guest has "
                "none, and may join anew with the code of a room that admits guests."
            ),
            "form_class": RemovalForm,
            "form_submit_text": "Remove",
        },
    )
    def remove(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        person, reason = self.of(request, object_id), form.cleaned_data["reason"]
        self.carry_out(
            request,
            person,
            f"{name_of(person.user)} is removed.",
            lambda: remove_participant(
                room_id=person.room_id, participant_id=object_id, by=request.user, reason=reason
            ),
        )
        return go_to(f"{admin_address(Room, 'change', person.room_id)}#people")

    @action(
        description="Let back in",
        permissions=["run"],
        icon="person_add",
        variant=ActionVariant.PRIMARY,
        url_path="let-back-in",
        dialog={
            "title": "Let this person back in?",
            "description": "They are in the room again as they were.",
            "form_class": None,
            "form_submit_text": "Let back in",
        },
    )
    def let_back_in(self, request: Any, form: Any, object_id: str) -> HttpResponse:
        person = self.of(request, object_id)
        self.carry_out(
            request,
            person,
            f"{name_of(person.user)} is back.",
            lambda: restore_participant(room_id=person.room_id, participant_id=object_id, by=request.user),
        )
        return go_to(f"{admin_address(Room, 'change', person.room_id)}#people")

    def get_search_fields(self, request: HttpRequest) -> Any:
        # Whoever can search by e-mail can find out e-mails.
        return ("user__name", "user__email") if request.user.is_superuser else ("user__name",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """The choice of who wins offers only those who can: PARTICIPANTs of the room that is awarded in."""
        room = request.GET.get("room")
        if room and request.resolver_match and request.resolver_match.url_name == "autocomplete":
            queryset = queryset.filter(room=room, role=ParticipantRole.PARTICIPANT)
        return super().get_search_results(request, queryset, search_term)

    def get_queryset(self, request: Any) -> Any:
        people = super().get_queryset(request)
        offered = request.resolver_match is not None and request.resolver_match.url_name == "autocomplete"
        if not request.user.is_superuser and not offered:
            # Whom an organizer may let back in must be found: those who were removed, by the filter.
            people = self.order(request, Participant.all_objects.managed_by(request.user))
        return people.select_related("user", "room", "removed_by")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (RoomDropdown, "role", GoneFilter)

    def name_of_choice(self, participant: Participant) -> str:
        return name_of(participant.user)

    @display(description="Person", ordering="user__name")
    def person(self, participant: Participant) -> str:
        return name_of(participant.user)

    @display(
        description="Role",
        ordering="role",
        label={ParticipantRole.ORGANIZER: "primary", ParticipantRole.MODERATOR: "info"},
    )
    def role_label(self, participant: Participant) -> tuple[str, str]:
        return participant.role, participant.get_role_display()

    @display(description="Room", ordering="room__name")
    def room_link(self, row: Any) -> str:
        return link(row.room)

    @display(description="Removed")
    def removal(self, participant: Participant) -> str:
        if participant.removed_by is None:
            return "–"
        return f"by {name_of(participant.removed_by)}: {participant.removal_reason or 'no reason given'}"


@admin.register(RoomEvent)
class RoomEventAdmin(ManagedAdmin):
    list_display = ("seq", "created_at", "type", "room_link", "who", "visibility")
    list_display_links = ("seq", "type")
    list_filter = (RoomDropdown, "visibility")
    search_fields = ("type",)
    ordering = ("-created_at", "-seq")
    fields = ("room_link", "seq", "public_seq", "type", "visibility", "who", "created_at", "payload")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room", "actor")

    @display(description="Room", ordering="room__name")
    def room_link(self, event: RoomEvent) -> str:
        return link(event.room)

    @display(description="By")
    def who(self, event: RoomEvent) -> str:
        return name_of(event.actor)


@admin.register(Notification)
class NotificationAdmin(AdminsOnly):
    """What people were told: for platform admins only."""

    list_display = ("title", "type", "user", "room_link", "created_at", "read_at")
    list_display_links = ("title",)
    search_fields = ("title", "user__name")
    ordering = ("-created_at", "-id")
    fields = ("user", "room_link", "type", "title", "body", "data", "created_at", "read_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room", "user")

    @display(description="Room", ordering="room__name")
    def room_link(self, notification: Notification) -> str:
        return link(notification.room) if notification.room else "–"


@admin.register(Invitation)
class InvitationAdmin(AdminsOnly):
    """E-mails of people who are not known yet: for platform admins only."""

    list_display = ("whom", "room_link", "role", "invited_by", "created_at", "redeemed_at", "declined_at")
    list_display_links = ("whom",)
    search_fields = ("email", "user__name", "room__name")
    ordering = ("-created_at", "-id")
    fields = ("whom", "room_link", "role", "invited_by", "created_at", "told_at", "redeemed_at", "declined_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room", "invited_by", "user")

    @display(description="Whom")
    def whom(self, invitation: Invitation) -> str:
        return invitation.email or name_of(invitation.user)

    @display(description="Room", ordering="room__name")
    def room_link(self, invitation: Invitation) -> str:
        return link(invitation.room)


@admin.register(ListedPlace)
class ListedPlaceAdmin(AdminsOnly):
    """E-mails of people on lists, until they sign in: for platform admins only."""

    list_display = ("email", "person", "room_link", "created_at", "taken_at")
    list_display_links = ("email",)
    search_fields = ("email", "participant__user__name", "room__name")
    ordering = ("-created_at", "-id")
    fields = ("email", "person", "room_link", "created_at", "taken_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room", "participant__user")

    @display(description="Person")
    def person(self, place: ListedPlace) -> str:
        return link(place.participant, name_of(place.participant.user))

    @display(description="Room", ordering="room__name")
    def room_link(self, place: ListedPlace) -> str:
        return link(place.room)


@admin.register(GuestSeat)
class GuestSeatAdmin(AdminsOnly):
    """The seats that devices of guests keep. The key of a device is stored nowhere, and its hash shown nowhere."""

    list_display = ("person", "room_link", "created_at")
    list_display_links = ("person",)
    search_fields = ("user__name", "room__name")
    ordering = ("-created_at", "-id")
    fields = ("person", "room_link", "created_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room", "user")

    @display(description="Guest", ordering="user__name")
    def person(self, seat: GuestSeat) -> str:
        return name_of(seat.user)

    @display(description="Room", ordering="room__name")
    def room_link(self, seat: GuestSeat) -> str:
        return link(seat.room)


@admin.register(ScreenKey)
class ScreenKeyAdmin(AdminsOnly):
    """Keys of big screens. A key itself is stored nowhere, and its hash shown nowhere."""

    list_display = ("room_link", "created_at", "seen_until", "revoked_at")
    list_display_links = ("room_link",)
    search_fields = ("room__name",)
    ordering = ("-created_at", "-id")
    fields = readonly_fields = list_display

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room")

    @display(description="Room", ordering="room__name")
    def room_link(self, key: ScreenKey) -> str:
        return link(key.room)
