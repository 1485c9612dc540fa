"""A browser's own WebSocket, on a page of this site: the session cookie is all it needs."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.page_sessions import SessionStore
from rooms.models import Room
from tests.live import Server

FOLLOW = """(roomId) => {
    document.body.innerHTML = '<ul id="told"></ul>';
    const socket = new WebSocket(`ws://${location.host}/ws/`);
    const tell = (text) => {
        const item = document.createElement("li");
        item.textContent = text;
        document.getElementById("told").append(item);
    };
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, event: "room:subscribe", data: { roomId } }));
    socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.event === "room:subscribed") tell(`subscribed ${frame.data.room.joinCode}`);
        if (frame.event === "prize:created") tell(`prize ${frame.data.prize.name}`);
    };
}"""


@pytest.mark.browser
def test_a_page_follows_a_room(daphne: Server, room: Room, organiser: User, participant: User, page: Page) -> None:
    session = SessionStore()
    session["_auth_user_id"] = participant.pk
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = participant.get_session_auth_hash()
    session.save()
    page.context.add_cookies([{"name": "sessionid", "value": str(session.session_key), "url": daphne.url}])
    page.goto(f"{daphne.url}/api/docs/live/")
    expect(page.get_by_role("heading", name="Live connections")).to_be_visible()
    page.evaluate(FOLLOW, room.pk)
    expect(page.get_by_text(f"subscribed {room.join_code}")).to_be_visible()
    daphne.call("POST", f"/rooms/{room.pk}/prizes", organiser, name="Cup of the browser")
    expect(page.get_by_text("prize Cup of the browser")).to_be_visible()
