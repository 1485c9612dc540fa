"""How people come in through the browser: by link, QR code or typed code, or into a public room by its page."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.sessions import drop_unused
from platform_site.pages.preferences import remember
from platform_site.pages.seats import DEVICE_COOKIE, device_key, new_device_key, resume_seat, take_seat
from platform_site.rest.addresses import client_address
from platform_site.rest.exceptions import DomainError, NotFound
from rooms import actions
from rooms.enums import EntryPolicy
from rooms.inputs import CodeInput
from rooms.models import Room


@require_GET
def join(request: HttpRequest) -> HttpResponse:
    """The code field of the start page: `?code=` leads on to the code's own address."""
    code = actions.spelled(request.GET.get("code", "")[:50])
    return redirect("join-by-code", code=code) if code else redirect("home")


@never_cache
@require_http_methods(["GET", "POST"])
def join_by_code(request: HttpRequest, code: str) -> HttpResponse:
    """Where the QR code leads: what the event is, what it asks to know, and one button. Who is in goes right on."""
    address = client_address(request) or None
    if request.method == "POST":
        actions.count_join(address)
    try:
        room_id = actions.room_id_of_code(code, address)
    except NotFound:
        return render(request, "pages/wrong_code.html", {"code": code[:20]}, status=404)
    resume_seat(request, room_id)
    room = Room.objects.with_role_of(request.user).with_counts().get(pk=room_id)
    if room.viewer_role is not None:
        return redirect("room", room_id=room_id)
    return enter(request, room) if request.method == "POST" else door(request, room)


def enter(request: HttpRequest, room: Room) -> HttpResponse:
    form = CodeInput(data={"code": room.join_code, "name": request.POST.get("name", "")})
    if not form.is_valid():
        return door(request, room, gettext("A name has 1 to 100 letters."), status=422)
    try:
        admission = actions.join_by_device(
            **form.validated_data,
            device_key=device_key(request) or new_device_key(),
            room_id=room.pk,
            by=request.user if isinstance(request.user, User) else None,
            device_info=request.headers.get("User-Agent", ""),
            ip_address=client_address(request) or None,
        )
    except DomainError as refusal:
        words = gettext("Say under which name you join.") if refusal.status == 422 else gettext(refusal.message)
        return door(request, room, words, status=refusal.status)
    if admission.tokens is not None:
        drop_unused(admission.tokens)
    take_seat(request, admission.participant.user, room.pk)
    return redirect("room", room_id=room.pk)


def door(request: HttpRequest, room: Room, fault: str = "", status: int = 200) -> HttpResponse:
    user = request.user
    context = {
        "room": room,
        "fault": fault,
        "name": request.POST.get("name", "") or (user.name if isinstance(user, User) and user.is_guest else ""),
        "is_registered": isinstance(user, User) and not user.is_guest,
        "admits_guests": room.entry_policy == EntryPolicy.GUESTS,
        "is_open": room.is_open and room.entry_policy != EntryPolicy.INVITE_ONLY,
    }
    response = render(request, "pages/door.html", context, status=status)
    if not device_key(request):
        # Before the form is sent: should its answer get lost, the same key comes with the form again.
        remember(response, DEVICE_COOKIE, new_device_key())
    return response


@require_POST
def join_public(request: HttpRequest, room_id: str) -> HttpResponse:
    """A signed-in person enters a room that they see. Refusals are told on the room's page."""
    if not isinstance(request.user, User):
        return redirect_to_login(room_id)
    try:
        actions.join_room(room_id=room_id, by=request.user)
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, gettext(refusal.message))
    return redirect("room", room_id=room_id)


@require_POST
def leave(request: HttpRequest, room_id: str) -> HttpResponse:
    resume_seat(request, room_id)
    if isinstance(request.user, User):
        try:
            actions.leave_room(room_id=room_id, by=request.user)
        except NotFound:
            raise
        except DomainError as refusal:
            messages.error(request, gettext(refusal.message))
            return redirect("room", room_id=room_id)
    return redirect("home")


def redirect_to_login(room_id: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{reverse('login')}?{urlencode({'next': reverse('room', args=[room_id])})}")
