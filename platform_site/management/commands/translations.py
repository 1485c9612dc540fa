"""`manage.py translations`: collects the texts of pages and scripts into locale/*.po, and compiles these to .mo.

In plain Python, so that it needs no gettext programs: Django's own template lexer finds texts of templates, `ast` those
of Python, a regular expression those of JavaScript. What a refusal says (the messages of DomainErrors) is collected
too, because pages show them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polib
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

from platform_site.pages.refusals import RAISED_IN, SHOWN
from platform_site.rest.exceptions import DomainError

LOCALES = Path(settings.LOCALE_PATHS[0])
PRODUCT = ("accounts", "apps_registry", "platform_site", "prizes", "rooms")
TEMPLATE_TEXT = re.compile(
    r"(?<![\w.])(?P<name>_|gettext|ngettext)\((?P<first>u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\")"
    r"(?:,\s*(?P<second>u?'(?:[^'\\]|\\.)*'|u?\"(?:[^\"\\]|\\.)*\"))?"
)
SCRIPT_TEXT = re.compile(
    r'(?<![\w.])(?P<name>n?gettext)\(\s*(?P<first>"(?:[^"\\]|\\.)*")(?:,\s*(?P<second>"(?:[^"\\]|\\.)*"))?'
)
PYTHON_NAMES = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}


class Text(NamedTuple):
    """An English text, with its plural where it has one."""

    text: str
    plural: str = ""


def texts_of_template(source: str) -> Iterator[Text]:
    yield from texts_by(TEMPLATE_TEXT, templatize(source))


def texts_of_script(source: str) -> Iterator[Text]:
    yield from texts_by(SCRIPT_TEXT, source)


def texts_by(pattern: re.Pattern[str], source: str) -> Iterator[Text]:
    for match in pattern.finditer(source):
        second = ast.literal_eval(match["second"]) if match["second"] and match["name"] == "ngettext" else ""
        yield Text(ast.literal_eval(match["first"]), second)


def texts_of_python(source: str, refusals: set[str]) -> Iterator[Text]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if name in PYTHON_NAMES and texts:
                yield Text(texts[0], texts[1] if name.startswith("ngettext") else "")
            elif name in refusals and texts and isinstance(node.args[0], ast.Constant):
                yield Text(texts[0])


def all_refusals(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from all_refusals(below)


def place_of(kind: type[DomainError]) -> str:
    return f"{kind.__module__.replace('.', '/')}.py"


def found_texts() -> dict[str, dict[Text, set[str]]]:
    """{domain: {text: the files that it stands in}}."""
    found: dict[str, dict[Text, set[str]]] = {"django": {}, "djangojs": {}}
    every = {kind.__name__ for kind in all_refusals()}

    def add(domain: str, path: Path, texts: Iterator[Text]) -> None:
        for text in texts:
            found[domain].setdefault(text, set()).add(path.relative_to(settings.BASE_DIR).as_posix())

    for path in sorted((settings.BASE_DIR / "templates").rglob("*.*")):
        if "admin" not in path.parts:
            add("django", path, texts_of_template(path.read_text()))
    for app in PRODUCT:
        for path in sorted((settings.BASE_DIR / app).rglob("*.py")):
            if "migrations" not in path.parts:
                shown = path.relative_to(settings.BASE_DIR).as_posix().startswith(RAISED_IN)
                add("django", path, texts_of_python(path.read_text(), every if shown else set()))
    for kind in SHOWN:
        add("django", settings.BASE_DIR / place_of(kind), iter([Text(kind.message)]))
    for path in sorted((settings.BASE_DIR / "platform_site" / "static" / "js").rglob("*.js")):
        add("djangojs", path, texts_of_script(path.read_text()))
    return found


def merged(path: Path, texts: dict[Text, set[str]]) -> polib.POFile:
    """The file at `path` with exactly these texts, and what it already said of them."""
    known = {Text(each.msgid, each.msgid_plural): each for each in polib.pofile(str(path))} if path.exists() else {}
    file = polib.POFile(wrapwidth=118)
    file.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": path.parent.parent.name,
        "Plural-Forms": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
        "(n%100<12 || n%100>14) ? 1 : 2);",
    }
    for text in sorted(texts, key=lambda each: (min(texts[each]), each)):
        entry: Any = polib.POEntry(
            msgid=text.text, occurrences=[(name, "") for name in sorted(texts[text])], flags=flags_of(text)
        )
        before = known.get(text)
        if text.plural:
            entry.msgid_plural = text.plural
            entry.msgstr_plural = before.msgstr_plural if before else dict.fromkeys(range(3), "")
        else:
            entry.msgstr = before.msgstr if before else ""
        file.append(entry)
    return file


def flags_of(text: Text) -> list[str]:
    return ["python-format"] if re.search(r"%\(\w+\)s", text.text) else []


class Command(BaseCommand):
    help = "Collects the texts of all pages for translation, and compiles the translations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Change nothing; fail where a text is missing.")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        missing = []
        for language, _ in settings.LANGUAGES:
            if language == settings.LANGUAGE_CODE:
                continue
            for domain, texts in found_texts().items():
                path = LOCALES / language / "LC_MESSAGES" / f"{domain}.po"
                file = merged(path, texts)
                if not check:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    file.save(str(path))
                    file.save_as_mofile(str(path.with_suffix(".mo")))
                missing += [f"{language}: {entry.msgid}" for entry in file.untranslated_entries()]
        for line in missing:
            self.stdout.write(line)
        if check and missing:
            raise CommandError(f"{len(missing)} texts have no translation.")
