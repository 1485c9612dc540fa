"""The organiser's screens of the fund: prizes, who won them, and the draws that chose."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.shapes import name_of
from platform_site.db.admin import AdminsOnly, ManagedAdmin, ReadOnlyInline, RefusableForm, admin_address, link
from prizes.actions import award_prize, create_prize
from prizes.enums import DrawStatus, WinnerState
from prizes.inputs import PrizeInput
from prizes.models import Draw, DrawPrize, Prize, Winner
from prizes.pictures import Picture
from prizes.show import Screen, Stage
from rooms.admin import RoomDropdown, choose
from rooms.enums import OPEN_STATUSES, RoomStatus
from rooms.models import Participant, Room

STATE_LABELS = {
    WinnerState.AWARDED: "info",
    WinnerState.FULFILLED: "success",
    WinnerState.REVOKED: "danger",
}
DRAW_LABELS = {
    DrawStatus.COMMITTED: "info",
    DrawStatus.RUNNING: "warning",
    DrawStatus.COMPLETED: "success",
    DrawStatus.CANCELLED: "danger",
}


class InRoomAdmin(ManagedAdmin):
    """Rows that are added in a room, which the address names: `?room=`."""

    statuses: tuple[str, ...] = ()
    question = ""
    nothing = ""
    # The tab of the room page where the new row is found.
    tab = ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(f"prizes.add_{self.opts.model_name}"))

    def chosen_room(self, request: HttpRequest) -> Room | None:
        return Room.objects.managed_by(request.user).filter(pk=request.GET.get("room", "")).first()

    def heading(self, request: HttpRequest) -> str:
        room = self.chosen_room(request)
        return f"{self.question} {room.name}" if room else ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        room = self.chosen_room(request) if self.has_add_permission(request) else None
        if room is not None:
            return super().add_view(
                request, form_url, {"title": f"{self.question} {room.name}"} | (extra_context or {})
            )
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        rooms = Room.objects.managed_by(request.user).filter(status__in=self.statuses).select_related("app")
        choices = [
            {
                "address": f"?room={room.pk}",
                "title": room.name,
                "text": f"{room.app.name} · {room.get_status_display()}",
            }
            for room in rooms.order_by("-created_at", "id")[:100]
        ]
        return choose(self, request, "In which room?", choices, self.nothing)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context |= {"show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        messages.success(request, self.done(obj))
        if "_addanother" in request.POST:
            return redirect(request.get_full_path())
        return redirect(f"{admin_address(Room, 'change', obj.room_id)}#{self.tab}")

    def done(self, obj: Any) -> str:
        raise NotImplementedError

    @display(description="Room", ordering="room__name")
    def room_link(self, row: Any) -> str:
        return link(row.room)


class PrizeForm(RefusableForm):
    rules = PrizeInput

    class Meta:
        model = Prize
        fields = ("name", "quantity", "description", "image_url", "position", "metadata")
        labels = {"image_url": "Address of a picture", "quantity": "Pieces"}
        help_texts = {"position": "Prizes are listed by this number, the lowest first."}

    def clean_metadata(self) -> Any:
        given = self.cleaned_data["metadata"]
        return {} if given is None else given


@admin.register(Prize)
class PrizeAdmin(InRoomAdmin):
    form = PrizeForm
    statuses = tuple(OPEN_STATUSES)
    question = "New prize in"
    nothing = "No room can take a prize now: it must be a draft or active."
    tab = "prizes"
    list_display = ("name", "room_link", "left", "quantity", "position")
    list_filter = (RoomDropdown,)
    search_fields = ("name",)
    ordering = ("room", "position", "id")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ("More", {"fields": ["image_url", "position", "metadata"]})
        if obj is None:
            return [(self.heading(request), {"fields": ["name", "quantity", "description"]}), more]
        shown = ["room_link", "name", "quantity", "quantity_remaining", "quantity_reserved", "description"]
        return [(None, {"fields": shown}), more]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        for name in ("description", "metadata"):
            if name in form.base_fields:
                form.base_fields[name].widget.attrs["rows"] = 3
        if "image_url" in form.base_fields:
            form.base_fields["image_url"].widget = UnfoldAdminTextInputWidget()
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("room_link", "quantity_remaining", "quantity_reserved")

    @display(description="Left", ordering="quantity_remaining")
    def left(self, prize: Prize) -> int:
        return prize.quantity_remaining

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in PrizeForm.Meta.fields}
        prize = create_prize(room_id=request.GET.get("room", ""), by=request.user, **given)
        vars(obj).update(vars(prize))

    def done(self, obj: Any) -> str:
        return f"Added: {obj.quantity} × {obj.name}."


class ParticipantsOfRoom(AutocompleteSelect):
    """Finds people of one room as one types."""

    def __init__(self, admin_site: Any, room_id: str) -> None:
        super().__init__(Winner._meta.get_field("participant"), admin_site)
        self.room_id = room_id

    def get_url(self) -> str:
        return f"{super().get_url()}?room={self.room_id}"


class AwardForm(RefusableForm):
    field_names = {"participantId": "participant", "prizeId": "prize"}

    class Meta:
        model = Winner
        fields = ("prize", "participant")


class PrizeChoice(forms.ModelChoiceField):
    def label_from_instance(self, prize: Any) -> str:
        return f"{prize.name} ({prize.free} left)"


class ParticipantChoice(forms.ModelChoiceField):
    def label_from_instance(self, participant: Any) -> str:
        return name_of(participant.user)


@admin.register(Winner)
class WinnerAdmin(InRoomAdmin):
    form = AwardForm
    statuses = (RoomStatus.ACTIVE,)
    question = "Award a prize in"
    nothing = "No room is active. Prizes are awarded in active rooms only."
    tab = "winners"
    list_display = ("person", "prize_link", "room_link", "state_label", "method", "created_at")
    list_display_links = ("person",)
    list_filter = (RoomDropdown, "state", "method")
    search_fields = ("participant__user__name", "prize__name", "=claim_code")
    ordering = ("-created_at", "-id")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related(
            "room", "prize", "participant__user", "participant__room", "draw", "revoked_by", "fulfilled_by"
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(self.heading(request), {"fields": ["prize", "participant"]})]
        return [(None, {"fields": list(self.get_readonly_fields(request, obj))})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ()
        shown = (
            "person",
            "prize_link",
            "room_link",
            "state",
            "method",
            "draw_link",
            "round_key",
            "metadata",
            "created_at",
            "claim_code",
        )
        more = {WinnerState.REVOKED: ("revocation",), WinnerState.FULFILLED: ("fulfilled_at", "handed_over_by")}
        return (*shown, *more.get(obj.state, ()))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        room = self.chosen_room(request)
        if "prize" in form.base_fields and room is not None:
            form.base_fields["prize"] = PrizeChoice(
                Prize.objects.available().filter(room=room).order_by("position", "id"),
                widget=UnfoldAdminSelectWidget(),
                help_text="Prizes of which a piece is left.",
            )
            form.base_fields["participant"] = ParticipantChoice(
                Participant.objects.filter(room=room).select_related("user", "room"),
                widget=ParticipantsOfRoom(self.admin_site, room.pk),
                help_text="People who take part. Everybody will see that this person was picked by hand.",
            )
        return form

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        winner = award_prize(
            room_id=request.GET.get("room", ""),
            prize_id=form.cleaned_data["prize"].pk,
            participant_id=form.cleaned_data["participant"].pk,
            by=request.user,
        )
        vars(obj).update(vars(winner))

    def done(self, obj: Any) -> str:
        return f"{name_of(obj.participant.user)} won {obj.prize.name}."

    @display(description="Winner", ordering="participant__user__name")
    def person(self, winner: Winner) -> str:
        return name_of(winner.participant.user)

    @display(description="Prize", ordering="prize__name")
    def prize_link(self, winner: Winner) -> str:
        return link(winner.prize)

    @display(description="State", ordering="state", label=STATE_LABELS)
    def state_label(self, winner: Winner) -> tuple[str, str]:
        return winner.state, winner.get_state_display()

    @display(description="Draw")
    def draw_link(self, winner: Winner) -> str:
        return link(winner.draw)

    @display(description="Handed over by")
    def handed_over_by(self, winner: Winner) -> str:
        return name_of(winner.fulfilled_by)

    @display(description="Revoked")
    def revocation(self, winner: Winner) -> str:
        return f"by {name_of(winner.revoked_by)}: {winner.revocation_reason or 'no reason given'}"


class DrawPrizeInline(ReadOnlyInline):
    model = DrawPrize
    fields = ("position", "name", "count")
    readonly_fields = fields
    ordering = ("position",)
    verbose_name_plural = "prizes"


@admin.register(Draw)
class DrawAdmin(ManagedAdmin):
    """The record of a draw. Its secret seed is shown to nobody before the draw is over."""

    list_display = ("number", "room_link", "status_label", "rehearsal", "entry_count", "created_at", "run_at")
    list_display_links = ("number",)
    list_filter = (RoomDropdown, "status", "rehearsal")
    ordering = ("-created_at", "-id")
    inlines = [DrawPrizeInline]
    fields = (
        "room_link",
        "number",
        "status",
        "rehearsal",
        "mode",
        "distinct",
        "strength",
        "eligibility",
        "entropy_plan",
        "entropy",
        "entry_count",
        "total_weight",
        "entries_root",
        "rules_hash",
        "commitment",
        "fingerprint",
        "seed",
        "who",
        "created_at",
        "run_at",
        "cancelled_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        # A draw may hold 100,000 entries.
        rows = super().get_queryset(request).defer("entries", "sealed_seed", "outcome", "came_up", "withdrawn")
        return rows.select_related("room", "created_by")

    @display(description="Draw", ordering="seq")
    def number(self, draw: Draw) -> str:
        return f"Draw {draw.seq}"

    @display(description="Room", ordering="room__name")
    def room_link(self, draw: Draw) -> str:
        return link(draw.room)

    @display(description="Status", ordering="status", label=DRAW_LABELS)
    def status_label(self, draw: Draw) -> tuple[str, str]:
        return draw.status, draw.get_status_display()

    @display(description="Committed by")
    def who(self, draw: Draw) -> str:
        return name_of(draw.created_by)


class OfRoomAdmin(AdminsOnly):
    """What belongs to a room and is changed elsewhere: for platform admins to look at."""

    list_display_links = ("room_link",)
    search_fields = ("room__name",)
    ordering = ("-created_at", "-id")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("room")

    @display(description="Room", ordering="room__name")
    def room_link(self, row: Any) -> str:
        return link(row.room)


@admin.register(Screen)
class ScreenAdmin(OfRoomAdmin):
    """What the big screen of each room shows."""

    list_display = ("room_link", "mode", "message", "hide_names", "updated_at")
    fields = readonly_fields = list_display


@admin.register(Stage)
class StageAdmin(OfRoomAdmin):
    """How far the run of show of each room is."""

    list_display = ("room_link", "current", "is_rehearsal", "updated_at")
    fields = readonly_fields = list_display


@admin.register(Picture)
class PictureAdmin(OfRoomAdmin):
    """Pictures of prizes, by their size; the address of each is made of its content."""

    list_display = ("room_link", "digest", "width", "height", "created_at")
    fields = readonly_fields = list_display

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")
