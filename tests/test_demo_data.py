"""The demo data: exactly what the product promises, and loadable into an empty database."""

import json
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.checks import run_checks
from django.core.management import call_command
from django.db.models import Count, F, Q

import apps_registry
from accounts.actions import ORGANISERS, organisers
from accounts.models import Session, User
from apps_registry.manifest import settings_faults
from apps_registry.models import App
from prizes.models import Prize, Winner
from rooms.models import Participant, Room

BUILTIN = Path(apps_registry.__file__).parent / "builtin"


@pytest.fixture
def demo(db):
    call_command("loaddata", "demo", verbosity=0)


@pytest.mark.usefixtures("demo")
class TestDemo:
    def test_people(self):
        people = User.objects.filter(is_superuser=False).values_list("email", "name", "provider", "provider_id")
        assert set(people) == {
            ("alice@example.com", "Alice Johnson", "google", "google_alice_123"),
            ("bob@example.com", "Bob Smith", "google", "google_bob_456"),
            ("charlie@example.com", "Charlie Davis", "google", "google_charlie_789"),
            ("diana@example.com", "Diana Martinez", "google", "google_diana_101"),
        }
        assert User.objects.get(is_superuser=True).email == "admin@example.com"
        for user in User.objects.all():
            assert user.email_verified
            assert user.avatar.startswith("data:image/svg+xml,")
            assert authenticate(username=user.email, password="password123") == user

    def test_only_those_who_run_rooms_are_organisers(self):
        assert set(User.objects.filter(groups__name=ORGANISERS).values_list("name", flat=True)) == {
            "Alice Johnson",
            "Bob Smith",
            "Charlie Davis",
        }

    def test_the_group_is_the_one_that_the_product_makes(self):
        loaded = set(organisers().permissions.values_list("codename", flat=True))
        organisers().delete()
        assert set(organisers().permissions.values_list("codename", flat=True)) == loaded

    def test_apps_carry_the_built_in_manifests(self):
        for folder, app_id in (("lottery", "app_lottery_v1"), ("quiz", "app_quiz_v1")):
            app = App.objects.get(app_id=app_id)
            assert app.manifest == json.loads((BUILTIN / folder / "manifest.json").read_text())
            assert app.versions.get().manifest == app.manifest

    def test_rooms(self):
        assert set(Room.objects.values_list("name", "status", "is_public", "created_by__name")) == {
            ("New Year Lottery 2025", "ACTIVE", True, "Alice Johnson"),
            ("Christmas Trivia Quiz", "ACTIVE", True, "Bob Smith"),
            ("Private Office Lottery (Draft)", "DRAFT", False, "Charlie Davis"),
        }
        for room in Room.objects.all():
            assert settings_faults(room.manifest_version_id, room.app_settings) == {}
        lottery = Room.objects.get(name="New Year Lottery 2025").app_settings
        assert (lottery["ticketCount"], lottery["drawDate"]) == (100, "2025-12-31T23:00:00Z")
        draft = Room.objects.get(status="DRAFT").app_settings
        assert (draft["ticketCount"], draft["drawDate"]) == (50, "2026-01-15T18:00:00Z")
        questions = Room.objects.get(app_id="app_quiz_v1").app_settings["questions"]
        assert [(q["options"], q["options"][q["correctIndex"]]) for q in questions] == [
            (["Star", "Bell", "Snowflake", "Candy Cane"], "Star"),
            (["7", "8", "9", "10"], "9"),
            (["USA", "England", "Germany", "France"], "Germany"),
        ]

    def test_participants(self):
        rows = Participant.objects.values_list("room__app_id", "room__status", "user__name", "role", "metadata")
        assert sorted(rows, key=str) == sorted(
            [
                ("app_lottery_v1", "ACTIVE", "Alice Johnson", "ORGANIZER", {"ticketNumber": 1}),
                ("app_lottery_v1", "ACTIVE", "Bob Smith", "PARTICIPANT", {"ticketNumber": 42}),
                ("app_lottery_v1", "ACTIVE", "Charlie Davis", "PARTICIPANT", {"ticketNumber": 13}),
                ("app_lottery_v1", "ACTIVE", "Diana Martinez", "VIEWER", {}),
                ("app_quiz_v1", "ACTIVE", "Bob Smith", "ORGANIZER", {}),
                ("app_quiz_v1", "ACTIVE", "Alice Johnson", "PARTICIPANT", {"score": 0}),
                ("app_quiz_v1", "ACTIVE", "Charlie Davis", "PARTICIPANT", {"score": 0}),
                ("app_lottery_v1", "DRAFT", "Charlie Davis", "ORGANIZER", {}),
            ],
            key=str,
        )

    def test_prizes_and_the_winner(self):
        prizes = {p.name: (p.quantity, p.quantity_remaining, p.metadata["value"]) for p in Prize.objects.all()}
        assert prizes == {
            "Grand Prize - iPhone 15 Pro": (1, 1, 999.99),
            "Second Prize - AirPods Pro": (2, 2, 249.99),
            "Gift Card - $50 Amazon": (5, 4, 50.0),
            "Winner Prize - Gaming Mouse": (1, 1, 79.99),
        }
        winner = Winner.objects.get()
        assert (winner.participant.user.name, winner.prize.name) == ("Bob Smith", "Gift Card - $50 Amazon")
        assert winner.metadata == {"drawNumber": 1, "algorithm": "random", "ticketDrawn": 42}

    def test_stock_and_wins_agree(self):
        live = Count("winners", filter=~Q(winners__state="REVOKED"))
        assert not Prize.objects.annotate(live=live).exclude(quantity=F("live") + F("quantity_remaining")).exists()

    def test_sessions(self):
        assert set(Session.objects.values_list("user__name", "device_info", "ip_address")) == {
            ("Alice Johnson", "Chrome 120 on Windows 10", "192.168.1.100"),
            ("Bob Smith", "Firefox 121 on macOS", "192.168.1.101"),
        }

    def test_loading_twice_changes_nothing(self):
        call_command("loaddata", "demo", verbosity=0)
        assert (User.objects.count(), Room.objects.count(), Winner.objects.count()) == (5, 3, 1)


def deployment_warnings() -> list[str | None]:
    return [message.id for message in run_checks(tags=["security"], include_deployment_checks=True)]


@pytest.mark.usefixtures("demo")
def test_deployment_check_reports_demo_accounts():
    assert "platform_site.W001" in deployment_warnings()
    User.objects.update(is_active=False)
    assert "platform_site.W001" not in deployment_warnings()
