"""The quiz: questions on every phone, and the order in which the answers arrived."""

from typing import Any

from apps_registry.contract import RoomApp


class Quiz(RoomApp):
    app_id = "app_quiz_v1"

    def settings_faults(self, settings: dict[str, Any]) -> dict[str, list[str]]:
        faults: dict[str, list[str]] = {}
        seen: set[str] = set()
        for at, question in enumerate(settings.get("questions", [])):
            if question["correctIndex"] >= len(question["options"]):
                faults[f"appSettings.questions.{at}.correctIndex"] = ["There is no such option."]
            if question["id"] in seen:
                faults[f"appSettings.questions.{at}.id"] = ["Another question has this id."]
            seen.add(question["id"])
        return faults


GAME = Quiz()
