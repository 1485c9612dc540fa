"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from platform_site.pages import accounts, entry, me
from platform_site.pages.claim import claim
from platform_site.pages.home import home, public_rooms
from platform_site.pages.preferences import preferences
from platform_site.pages.qr import qr_of_path
from platform_site.pages.room import room_page, room_state
from platform_site.pages.screen import screen_draw, screen_page, screen_state
from platform_site.pages.words import words
from prizes import views as draws

urlpatterns = [
    path("", home, name="home"),
    path("preferences", preferences, name="preferences"),
    path("words/<str:language>.js", words, name="words"),
    path("qr.svg", qr_of_path, name="qr"),
    path("join", entry.join, name="join"),
    path("j/<str:code>", entry.join_by_code, name="join-by-code"),
    path("rooms", public_rooms, name="rooms"),
    path("rooms/<str:room_id>", room_page, name="room"),
    path("rooms/<str:room_id>/state.json", room_state, name="room-state"),
    path("rooms/<str:room_id>/screen", screen_page, name="screen"),
    path("rooms/<str:room_id>/screen.json", screen_state, name="screen-state"),
    path("rooms/<str:room_id>/screen/draws/<str:draw_id>.json", screen_draw, name="screen-draw"),
    path("rooms/<str:room_id>/join", entry.join_public, name="join-public"),
    path("rooms/<str:room_id>/leave", entry.leave, name="leave"),
    path("sign-up", accounts.sign_up, name="sign-up"),
    path("sign-up/<str:token>", accounts.sign_up_finish, name="sign-up-finish"),
    path("password", accounts.forgotten, name="password-forgotten"),
    path("password/<str:token>", accounts.password_reset, name="password-reset"),
    path("claim/<str:code>", claim, name="claim"),
    path("me", me.profile, name="profile"),
    path("me/prizes", me.my_prizes, name="my-prizes"),
    path("me/devices", me.my_devices, name="my-devices"),
    path("me/devices/end", me.end_devices, name="end-devices"),
    path("me/data", me.my_data, name="my-data"),
    path("me/data.json", me.my_data_file, name="my-data-file"),
    path("admin/", admin.site.urls),
    path("api/", include("platform_site.api")),
    path("pictures/<str:digest>.webp", draws.picture, name="picture"),
    path("draws/verify", draws.verify_file, name="draw-verify-file"),
    path("draws/verify_draw.py", draws.draw_program, name="draw-program"),
    path("draws/<str:draw_id>/receipt.json", draws.draw_receipt, name="draw-receipt"),
    path("draws/<str:draw_id>/verify", draws.verify_draw, name="draw-verify"),
    path("draws/<str:draw_id>/record.json", draws.draw_record, name="draw-record"),
    path("", include("accounts.urls")),
]

handler400 = "platform_site.views.bad_request"
handler403 = "platform_site.views.forbidden"
handler404 = "platform_site.views.not_found"
handler500 = "platform_site.views.server_error"
