"""What the templates of pages need beyond Django's own tags."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from platform_site.pages import words
from platform_site.rest.fields import iso

register = template.Library()
MOMENT = {"en": "j M Y, H:i", "ru": "j E Y, H:i"}


@register.simple_tag
def words_address() -> str:
    return words.words_address(get_language() or "en")


@register.filter
def moment(when: datetime, zone: str = "") -> SafeString:
    """A time that page.js puts into the reader's own zone, and into the event's `zone` beside it where they differ.

    Without a zone it is told in the reader's alone; without JavaScript in the event's, or UTC, by name.
    """
    place = ZoneInfo(zone or "UTC")
    shown = date_format(when.astimezone(place), MOMENT.get(get_language() or "en", MOMENT["en"]))
    return format_html('<time datetime="{}" data-zone="{}">{} ({})</time>', iso(when), zone, shown, place.key)


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@register.filter
def device(user_agent: str) -> str:
    """What people call a device, from what its browser says of itself; that itself where it is no browser."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser}, {system}"
    return browser or system or user_agent[:60] or gettext("Unknown device")
