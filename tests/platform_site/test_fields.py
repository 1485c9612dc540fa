"""What texts of people may hold."""

import pytest
from rest_framework import serializers

from platform_site.rest.fields import EnumField, NameField


@pytest.mark.parametrize("name", ["Zoë", "Диана", "نور", "陳大文", "O'Brien-Łuk", "👨‍👩‍👧 Family", "Table 7"])
def test_a_name_is_in_any_script(name):
    assert NameField().run_validation(name) == name


@pytest.mark.parametrize("name", ["two\nlines", "a\tb", "right\u202eleft", "\u2066inside", "bell\x07", "end\u2028"])
def test_a_name_shows_as_what_it_is(name):
    with pytest.raises(serializers.ValidationError):
        NameField(trim_whitespace=False).run_validation(name)


def test_a_wrong_choice_is_told_back_in_short():
    with pytest.raises(serializers.ValidationError) as refusal:
        EnumField(choices=["ACTIVE"]).run_validation("x" * 100_000)
    assert len(str(refusal.value)) < 300
