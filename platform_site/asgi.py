"""ASGI entry: REST, pages and sockets."""

import os
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "platform_site.settings")
http = get_asgi_application()  # fills Django's app registry, which the imports below need

from channels.auth import AuthMiddlewareStack  # noqa: E402
from django.urls import path  # noqa: E402

from platform_site.rest.bodies import BoundedBodies  # noqa: E402
from rooms.consumers import RoomConsumer  # noqa: E402

sockets: list[Any] = [path("ws/", cast("Any", RoomConsumer.as_asgi()))]  # Django's stubs know of views only
application = ProtocolTypeRouter(
    {"http": BoundedBodies(http, "/api/"), "websocket": AuthMiddlewareStack(URLRouter(sockets))}
)
