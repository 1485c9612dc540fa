"""django-allauth with our settings: one OpenID Connect provider, read from the environment."""

from typing import Any

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest

PROVIDER = "google"


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Finds the provider in the settings alone: no query, and nothing in the database can redirect a sign-in."""

    def list_apps(self, request: Any, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        app = SocialApp(
            provider="openid_connect",
            provider_id=PROVIDER,
            name="Google",
            client_id=settings.GOOGLE_CLIENT_ID,
            secret=settings.GOOGLE_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_SERVER_URL},
        )
        return [app] if settings.GOOGLE_CLIENT_ID and provider in {None, PROVIDER, "openid_connect"} else []


class ProtocolAdapter(OpenIDConnectOAuth2Adapter):
    """allauth's side of the protocol (discovery, token request, id token, user info) at our own callback address."""

    def __init__(self, request: HttpRequest, callback: str) -> None:
        super().__init__(request, PROVIDER)
        self.callback = callback

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return self.callback
