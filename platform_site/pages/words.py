"""The words of the pages' JavaScript: one small script a language, made from the same kind of file as all others.

Scripts write `gettext("Sentence.")` and `ngettext("%s person", "%s people", n)` (page.js); the texts are collected by
`manage.py translations` into locale/ru/LC_MESSAGES/djangojs.po.
"""

import json
from functools import cache
from gettext import GNUTranslations
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

LOCALES = Path(__file__).resolve().parent.parent / "locale"


@cache
def script_of(language: str) -> str:
    """English needs no words: the texts in the scripts are the English ones."""
    path = LOCALES / language / "LC_MESSAGES" / "djangojs.mo"
    words: dict[str, list[str]] = {}
    if path.exists():
        with path.open("rb") as file:
            catalog: dict[object, str] = vars(GNUTranslations(file))["_catalog"]
        for key, text in catalog.items():
            name, number = key if isinstance(key, tuple) else (key, 0)
            if name:
                words.setdefault(str(name), []).insert(int(number), text)
    content = {"language": language, "words": words}
    return f"window.Words = {json.dumps(content, ensure_ascii=False, sort_keys=True)};\n"


def words_address(language: str) -> str:
    """Where the words are, with their check sum: they may be kept for ever, and a new release has a new address."""
    version = sha256(script_of(language).encode()).hexdigest()[:12]
    return f"{reverse('words', args=[language])}?v={version}"


@require_safe
def words(request: HttpRequest, language: str) -> HttpResponse:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponse(script_of(language), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable" if "v" in request.GET else "no-cache"
    return response
