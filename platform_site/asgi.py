"""ASGI entry: REST, pages and sockets."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platform_site.settings")
http = get_asgi_application()  # fills Django's app registry, which the imports below need

from rooms.consumers import native_door  # noqa: E402


async def sockets(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == "/ws/":
        await native_door(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})


application = ProtocolTypeRouter({"http": http, "websocket": sockets})
