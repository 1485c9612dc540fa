"""Every text of the pages has its Russian words, and the compiled files are those of the readable ones."""

import json
import re
from gettext import GNUTranslations

import polib
import pytest
from django.core.management import CommandError, call_command

from platform_site.management.commands import translations
from platform_site.management.commands.translations import (
    LOCALES,
    Text,
    found_texts,
    texts_of_python,
    texts_of_script,
    texts_of_template,
)
from platform_site.pages.words import script_of

DOMAINS = ("django", "djangojs")
FOLDER = LOCALES / "ru" / "LC_MESSAGES"


def known(domain: str) -> polib.POFile:
    return polib.pofile(str(FOLDER / f"{domain}.po"))


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_text_is_missing_or_left_over(domain):
    """Run `manage.py translations`, translate what it names, and run it again."""
    texts = {Text(entry.msgid, entry.msgid_plural) for entry in known(domain)}
    assert texts == set(found_texts()[domain])
    assert [entry.msgid for entry in known(domain) if not entry.translated()] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_is_filled_in_is_in_the_translation_too(domain):
    for entry in known(domain):
        for translated in entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]:
            assert set(re.findall(r"%\(\w+\)s", translated)) == set(re.findall(r"%\(\w+\)s", entry.msgid)), entry.msgid


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_file_is_fresh(domain):
    with (FOLDER / f"{domain}.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for entry in known(domain):
        if entry.msgid_plural:
            # 1, 2, 5: each of the three forms of a Russian plural.
            found = [compiled.ngettext(entry.msgid, entry.msgid_plural, n) for n in (1, 2, 5)]
            assert found == [entry.msgstr_plural[form] for form in range(3)]
        else:
            assert compiled.gettext(entry.msgid) == entry.msgstr
    assert len([key for key in vars(compiled)["_catalog"] if key]) == len(known(domain)) + 2 * sum(
        bool(entry.msgid_plural) for entry in known(domain)
    )


def test_texts_are_found_wherever_they_stand(monkeypatch, tmp_path):
    template = (
        '{% load i18n %}{% translate "It\'s on" %}{% blocktranslate count n=3 %}{{ n }} cup{% plural %}'
        "{{ n }} cups{% endblocktranslate %}"
    )
    assert set(texts_of_template(template)) == {Text("It's on"), Text("%(n)s cup", "%(n)s cups")}
    script = 'gettext("One \\"two\\""); ngettext(\n "%(n)s cup", "%(n)s cups", n); notgettext("no")'
    assert set(texts_of_script(script)) == {Text('One "two"'), Text("%(n)s cup", "%(n)s cups")}
    code = 'gettext_lazy("Lazy"); raise RoomClosed("Over."); print("no")'
    assert set(texts_of_python(code, {"RoomClosed"})) == {Text("Lazy"), Text("Over.")}


def test_the_command_says_what_is_missing(monkeypatch, capsys):
    texts = found_texts()
    texts["django"][Text("A text that nobody has translated.")] = {"templates/base.html"}
    monkeypatch.setattr(translations, "found_texts", lambda: texts)
    with pytest.raises(CommandError, match="1 texts"):
        call_command("translations", check=True)
    assert "A text that nobody has translated." in capsys.readouterr().out


def test_scripts_get_their_words():
    words = json.loads(script_of("ru").removeprefix("window.Words = ").rstrip(";\n"))
    assert words["language"] == "ru"
    assert words["words"]["live"] == ["на связи"]
    assert words["words"]["%(n)s person"] == ["%(n)s человек", "%(n)s человека", "%(n)s человек"]
    assert json.loads(script_of("en").removeprefix("window.Words = ").rstrip(";\n"))["words"] == {}
