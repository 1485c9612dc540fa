"""What texts of people may hold, what fields are called, and which bodies are none."""

import pytest
from rest_framework import serializers

from accounts import inputs as account_inputs
from platform_site.db.changes import UNCHANGED, named
from platform_site.rest.fields import Body, EnumField, NameField, wire_name
from prizes import inputs as prize_inputs
from prizes.inputs import PrizeChanges
from prizes.shapes import PrizeSerializer
from rooms import inputs as room_inputs
from rooms.inputs import RoomChanges
from rooms.shapes import RoomSerializer


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


BODIES = [
    kind
    for module in (account_inputs, prize_inputs, room_inputs)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Body) and kind is not Body
]


def test_every_input_is_a_body():
    named = [kind for module in (account_inputs, prize_inputs, room_inputs) for kind in vars(module).values()]
    inputs = [kind for kind in named if isinstance(kind, type) and issubclass(kind, serializers.BaseSerializer)]
    assert [kind.__name__ for kind in inputs if not issubclass(kind, Body)] == []


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_a_name_of_the_api_is_the_name_of_the_field_in_camel_case(body):
    fields = body().fields
    assert fields
    assert {name: wire_name(field.source) for name, field in fields.items()} == {name: name for name in fields}


def test_what_a_change_names_is_what_the_answer_shows():
    """The log tells of changes under the names of the answer."""
    assert set(RoomChanges().fields) <= set(RoomSerializer().fields)
    assert set(PrizeChanges().fields) - {"position"} <= set(PrizeSerializer().fields)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_a_body_of_which_nothing_is_known_is_refused(body):
    form = body(data={"nam": 1, "x" * 1000: 2} | {str(number): number for number in range(100)}, partial=True)
    assert not form.is_valid()
    assert len(form.errors) == 10
    assert "x" * 50 in form.errors
    assert all(errors == ["There is no such field."] for errors in form.errors.values())


def test_an_unknown_key_beside_a_known_one_is_ignored():
    form = RoomChanges(data={"name": "Gala", "colour": "red"}, partial=True)
    assert form.is_valid()
    assert form.validated_data == {"name": "Gala"}
    assert RoomChanges(data={}, partial=True).is_valid()


def test_what_nobody_names_is_no_change():
    assert named(name="Gala", description=UNCHANGED, limit=None) == {"name": "Gala", "limit": None}


@pytest.mark.parametrize("name", ["\u200b", "\u2060 \ufeff", "\u3164", "\u2800", "\u0301", "\u00ad\u200d"])
def test_a_name_that_shows_nothing_is_no_name(name):
    with pytest.raises(serializers.ValidationError):
        NameField(max_length=100).run_validation(name)


@pytest.mark.parametrize("name", ["Anna", "Ö", "李", "👩\u200d🚀", "क्षि", "7"])
def test_a_name_in_any_script_is_one(name):
    assert NameField(max_length=100).run_validation(name) == name
