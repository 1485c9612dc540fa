"""ASGI entry: REST, pages and sockets."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platform_site.settings")
django = get_asgi_application()  # fills Django's app registry, which the imports below need

from platform_site.draining import Gate  # noqa: E402
from platform_site.rest.bodies import BoundedBodies  # noqa: E402
from platform_site.servers import bound_daphne, bound_uvicorn  # noqa: E402
from rooms.live.origins import is_allowed_host  # noqa: E402
from rooms.live.socketio_door import application as socketio  # noqa: E402
from rooms.live.websocket import native_door  # noqa: E402

SOCKET_IO = "/socket.io/"
bound_daphne()
bound_uvicorn()


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if not scope["path"].startswith(SOCKET_IO):
        await django(scope, receive, send)
    elif is_allowed_host(scope):
        await socketio(scope, receive, send)
    else:
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"This server does not answer by that name."})


async def websocket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["path"] == "/ws/":
        await native_door(scope, receive, send)
    elif scope["path"].startswith(SOCKET_IO) and is_allowed_host(scope):
        await socketio(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close"})


application = Gate(ProtocolTypeRouter({"http": BoundedBodies(http), "websocket": websocket}), long_poll=SOCKET_IO)
