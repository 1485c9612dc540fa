"""Every setting that names functions is a hook, and every function that it names can be called as the hook does."""

import inspect
import re
from pathlib import Path

import pytest
from django.conf import settings

from platform_site import hooks

HOOKS = {hook.setting: hook for hook in vars(hooks).values() if isinstance(hook, hooks.Hook)}
SOURCE = Path(hooks.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", HOOKS)
def test_each_function_takes_the_keywords_of_its_hook(setting):
    said = re.search(rf'#: \(([^)]*)\) [^\n]+\n\w+ = Hook\("{setting}"\)', SOURCE)
    assert said, "Say in a comment above the hook which keywords it is called with."
    keywords = dict.fromkeys(said[1].split(", ") if said[1] else [])
    functions = HOOKS[setting].functions()
    assert functions
    for function in functions:
        inspect.signature(function).bind(**keywords)


def test_no_other_setting_names_functions_for_lower_layers():
    """Dotted paths of ours in a list of the settings are hooks, but for what Django itself lists."""
    listed = {
        name
        for name in dir(settings)
        if isinstance(value := getattr(settings, name), list)
        and any(
            isinstance(path, str) and re.match(r"(accounts|apps_registry|rooms|prizes|platform_site)\.", path)
            for path in value
        )
    }
    assert listed - {"INSTALLED_APPS", "MIDDLEWARE", "BUILTIN_APPS", "PASSWORD_HASHERS"} == set(HOOKS)
