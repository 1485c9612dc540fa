"""A quiz from its start to its leaderboard, by the actions alone."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import PLATFORM
from accounts.erasure import erase_user
from apps_registry.builtin.quiz.actions import close_question, end_quiz, show_question, show_solution, start_quiz
from apps_registry.builtin.quiz.errors import (
    AlreadyAnswered,
    AlreadyPlayed,
    JoinedLate,
    OtherGame,
    PlayersOnly,
    QuestionClosed,
    QuestionOpen,
    QuizOver,
    TooFast,
)
from apps_registry.builtin.quiz.models import Answer, Quiz, Round
from apps_registry.builtin.quiz.rounds import BETWEEN_COUNTS, SETTLE, next_moment, wake_room
from apps_registry.builtin.quiz.state import state_of
from platform_site.rest.exceptions import Forbidden, InvalidInput, NotFound
from prizes.actions import revoke_winner
from prizes.models import Prize, Winner
from rooms.actions import join_room, leave_room, remove_participant, update_room
from rooms.errors import RoomClosed, RoomNotActive
from rooms.live.games import wake_due_rooms
from rooms.models import Notification, Participant, RoomEvent
from rooms.permissions import readable_room
from tests.factories import add_participant, make_prize, make_room, make_user
from tests.quiz.conftest import QUESTIONS, after, give_answer, make_players, make_quiz, told

SECOND = timedelta(seconds=1)


def person_in(room, user):
    return Participant.objects.get(room=room, user=user)


def settled(room):
    """What the clock of the process does once nothing earlier is expected."""
    return wake_room(room.pk, timezone.now() + SETTLE + SECOND)


def decision(room):
    decide_at = Round.objects.get(quiz__room=room).decide_at
    assert decide_at is not None
    return decide_at


class TestStart:
    def test_it_makes_a_prize_with_a_piece_for_each_question(self, quiz, organiser):
        start_quiz(room_id=quiz.pk, by=organiser)
        prize = Prize.objects.get(room=quiz)
        assert (prize.name, prize.quantity, prize.quantity_remaining) == ("Quiz Point", 3, 3)
        (status,) = told(quiz, "quiz:status_changed")
        assert (status["oldStatus"], status["newStatus"]) == ("WAITING", "BETWEEN_ROUNDS")

    def test_the_organizers_own_prize_stays_as_it_is(self, quiz, organiser):
        own = make_prize(quiz, name="Quiz Point", quantity=9)
        start_quiz(room_id=quiz.pk, by=organiser)
        assert Prize.objects.get(room=quiz) == own
        assert Quiz.objects.get(room=quiz).prize == own

    def test_points_need_no_prize(self, organiser):
        quiz = make_quiz(organiser, scoring="points")
        start_quiz(room_id=quiz.pk, by=organiser)
        assert not Prize.objects.filter(room=quiz).exists()

    def test_twice_changes_nothing(self, quiz, organiser):
        start_quiz(room_id=quiz.pk, by=organiser)
        start_quiz(room_id=quiz.pk, by=organiser)
        assert (Quiz.objects.count(), Prize.objects.count(), len(told(quiz, "quiz:status_changed"))) == (1, 1, 1)

    def test_without_questions_it_is_refused(self, organiser):
        with pytest.raises(InvalidInput) as refusal:
            start_quiz(room_id=make_quiz(organiser, questions=[]).pk, by=organiser)
        assert "appSettings.questions" in refusal.value.details["fields"]

    def test_only_in_a_running_event_of_this_game(self, organiser):
        with pytest.raises(RoomNotActive):
            start_quiz(room_id=make_quiz(organiser, active=False).pk, by=organiser)
        with pytest.raises(OtherGame):
            start_quiz(room_id=make_room(organiser).pk, by=organiser)

    @pytest.mark.parametrize("action", [start_quiz, show_question, close_question, show_solution, end_quiz])
    def test_for_organizers(self, quiz, players, moderator, stranger, action):
        add_participant(quiz, moderator, "MODERATOR")
        for user in (players[0], moderator, stranger):
            with pytest.raises(Forbidden):
                action(room_id=quiz.pk, by=user)
        assert not Quiz.objects.exists()

    def test_settings_that_do_not_hang_together_are_refused(self, organiser):
        question = QUESTIONS[0]
        with pytest.raises(InvalidInput) as refusal:
            make_quiz(organiser, questions=[question | {"correctIndex": 2}])
        assert "appSettings.questions.0.correctIndex" in refusal.value.details["fields"]
        with pytest.raises(InvalidInput) as refusal:
            make_quiz(organiser, questions=[question, question])
        assert "appSettings.questions.1.id" in refusal.value.details["fields"]


class TestShow:
    def test_everybody_gets_the_question_without_its_answer(self, quiz, shown):
        (event,) = told(quiz, "quiz:question_shown")
        assert event["question"] == {
            "id": "q1",
            "text": "Two and two?",
            "options": ["three", "four"],
            "timeLimit": None,
        }
        assert (event["questionIndex"], event["totalQuestions"], event["endsAt"]) == (0, 3, None)
        assert Quiz.objects.get().status == "QUESTION_ACTIVE"

    def test_who_shows_a_question_first_starts_the_quiz(self, quiz, shown):
        (status,) = told(quiz, "quiz:status_changed")
        assert (status["oldStatus"], status["newStatus"]) == ("WAITING", "QUESTION_ACTIVE")
        assert Prize.objects.get(room=quiz).name == "Quiz Point"

    def test_a_time_limit_is_told(self, quiz, organiser):
        shown = show_question(room_id=quiz.pk, by=organiser, index=1)
        assert shown.ends_at == shown.shown_at + 10 * SECOND
        assert told(quiz, "quiz:question_shown")[0]["endsAt"]

    def test_the_same_question_twice_changes_nothing(self, quiz, organiser, shown):
        assert show_question(room_id=quiz.pk, by=organiser, index=0) == shown
        assert len(told(quiz, "quiz:question_shown")) == 1

    def test_the_next_one_closes_the_one_before(self, quiz, organiser, shown):
        second = show_question(room_id=quiz.pk, by=organiser)
        shown.refresh_from_db()
        assert (shown.closed_at is not None, second.question_id) == (True, "q2")
        with pytest.raises(AlreadyPlayed):
            show_question(room_id=quiz.pk, by=organiser, question_id="q1")

    @pytest.mark.parametrize("wanted", [{"index": 3}, {"question_id": "q9"}])
    def test_a_question_that_is_none(self, quiz, organiser, wanted):
        with pytest.raises(InvalidInput):
            show_question(room_id=quiz.pk, by=organiser, **wanted)
        assert not Quiz.objects.exists()

    def test_after_the_last_one(self, quiz, organiser):
        for _ in QUESTIONS:
            show_question(room_id=quiz.pk, by=organiser)
        with pytest.raises(InvalidInput):
            show_question(room_id=quiz.pk, by=organiser)


class TestAnswer:
    def test_it_is_recorded_with_its_arrival(self, quiz, players, shown):
        answer = give_answer(quiz, players[0], shown, 0, 1234)
        assert (answer.option, answer.is_right, answer.arrived_at) == (0, False, after(shown, 1234))

    def test_the_first_answer_counts(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 0)
        give_answer(quiz, players[0], shown, 0, 2000)  # a phone that did not hear the acknowledgement
        with pytest.raises(AlreadyAnswered):
            give_answer(quiz, players[0], shown, 1, 2000)
        assert Answer.objects.get().arrived_at == after(shown, 1000)

    def test_faster_than_a_human_may_be_repeated(self, quiz, players, shown):
        with pytest.raises(TooFast) as refusal:
            give_answer(quiz, players[0], shown, 1, 149)
        assert (refusal.value.status, refusal.value.details["reason"]) == (422, "too_fast")
        with pytest.raises(TooFast):
            give_answer(quiz, players[0], shown, 1, -1)  # stamped before it was shown: a guess
        assert give_answer(quiz, players[0], shown, 1, 150).is_right

    def test_the_human_minimum_is_a_setting(self, organiser):
        quiz = make_quiz(organiser, fastestAnswerMs=0)
        (player,) = make_players(quiz, 1)
        give_answer(quiz, player, show_question(room_id=quiz.pk, by=organiser), 1, 0)
        assert Answer.objects.count() == 1

    def test_the_servers_time_limit(self, quiz, players, organiser):
        shown = show_question(room_id=quiz.pk, by=organiser, index=1)
        give_answer(quiz, players[0], shown, 0, 10_000)
        with pytest.raises(QuestionClosed):
            give_answer(quiz, players[1], shown, 2, 10_001)

    def test_no_answer_after_the_close(self, quiz, players, organiser, shown):
        give_answer(quiz, players[0], shown, 0)
        close_question(room_id=quiz.pk, by=organiser)
        with pytest.raises(QuestionClosed):
            give_answer(quiz, players[1], shown, 1)
        assert give_answer(quiz, players[0], shown, 0) == Answer.objects.get()  # in before, and told so again
        with pytest.raises(AlreadyAnswered):
            give_answer(quiz, players[0], shown, 1)

    @pytest.mark.parametrize("option", [-1, 2])
    def test_an_option_that_is_none(self, quiz, players, shown, option):
        with pytest.raises(InvalidInput):
            give_answer(quiz, players[0], shown, option)

    def test_a_question_that_was_not_shown(self, quiz, players, organiser, shown):
        shown.question_id = "q3"
        with pytest.raises(QuestionClosed):
            give_answer(quiz, players[0], shown, 0)

    def test_only_those_who_take_part(self, quiz, shown, organiser, stranger):
        viewer = make_user()
        add_participant(quiz, viewer, "VIEWER")
        for user in (organiser, viewer):
            with pytest.raises(PlayersOnly):
                give_answer(quiz, user, shown, 1)
        with pytest.raises(NotFound):
            give_answer(quiz, stranger, shown, 1)

    def test_who_comes_in_the_middle_plays_from_the_next_question(self, quiz, shown, organiser):
        late = make_user()
        join_room(room_id=quiz.pk, by=late)
        assert Notification.objects.get(user=late).type == "quiz:next_question"
        assert state_of(readable_room(quiz.pk, late), late)["me"]["playsFrom"] == "next"
        with pytest.raises(JoinedLate):
            give_answer(quiz, late, shown, 1)
        second = show_question(room_id=quiz.pk, by=organiser)
        assert state_of(readable_room(quiz.pk, late), late)["me"]["playsFrom"] == "now"
        assert give_answer(quiz, late, second, 2).is_right


class TestFirst:
    def test_the_earliest_arrival_wins_whatever_was_committed_first(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 1, 900)
        give_answer(quiz, players[1], shown, 1, 700)
        give_answer(quiz, players[2], shown, 0, 300)
        assert settled(quiz) is None
        win = Winner.objects.get()
        assert win.participant == person_in(quiz, players[1])
        assert (win.method, win.round_key, win.prize.name) == ("QUIZ", "q1", "Quiz Point")
        assert win.metadata == {
            "questionId": "q1",
            "responseTimeMs": 700,
            "answerIndex": 1,
            "submittedAt": win.metadata["submittedAt"],
            "type": "quiz_round_win",
        }
        (winner,) = told(quiz, "quiz:round_winner")
        assert winner["winner"]["participantId"] == win.participant_id
        assert winner["winner"]["responseTimeMs"] == 700
        (closed,) = told(quiz, "quiz:round_closed")
        assert (closed["distribution"], closed["correctIndex"]) == ([1, 2], 1)
        assert closed["leaderboard"][0]["wins"] == 1
        assert Quiz.objects.get().status == "BETWEEN_ROUNDS"

    def test_a_wrong_answer_decides_nothing(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 0)
        wake_room(quiz.pk, timezone.now() + timedelta(days=1))
        assert Round.objects.get().closed_at is None

    def test_it_waits_for_answers_that_arrived_before(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 1, 900)
        decide_at = decision(quiz)
        assert next_moment(quiz.pk) == shown.shown_at  # there is an answer to tell
        wake_room(quiz.pk, decide_at - timedelta(microseconds=1))
        assert Round.objects.get().closed_at is None
        give_answer(quiz, players[1], shown, 0, 800)  # wrong, but it shows that a queue is still busy with that time
        assert decision(quiz) > decide_at

    def test_it_does_not_wait_for_ever(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 1, 900)
        Round.objects.update(decide_by=timezone.now())
        decide_at = decision(quiz)
        give_answer(quiz, players[1], shown, 0, 800)
        assert decision(quiz) == decide_at

    def test_who_left_meanwhile_does_not_win(self, quiz, players, shown, organiser):
        give_answer(quiz, players[0], shown, 1, 500)
        give_answer(quiz, players[1], shown, 1, 600)
        leave_room(room_id=quiz.pk, by=players[0])
        settled(quiz)
        assert Winner.objects.get().participant == person_in(quiz, players[1])

    def test_closing_by_hand_decides_at_once(self, quiz, players, shown, organiser):
        give_answer(quiz, players[0], shown, 1)
        close_question(room_id=quiz.pk, by=organiser)
        close_question(room_id=quiz.pk, by=organiser)
        assert Winner.objects.count() == 1
        assert len(told(quiz, "quiz:round_closed")) == 1

    def test_one_person_may_win_several_rounds(self, quiz, players, organiser):
        for _ in range(2):
            shown = show_question(room_id=quiz.pk, by=organiser)
            give_answer(quiz, players[0], shown, QUESTIONS[shown.index]["correctIndex"])
        settled(quiz)
        assert set(Winner.objects.values_list("round_key", flat=True)) == {"q1", "q2"}

    def test_a_round_without_a_piece_left_counts_all_the_same(self, quiz, players, organiser):
        make_prize(quiz, name="Quiz Point", quantity=1)
        for _ in range(2):
            shown = show_question(room_id=quiz.pk, by=organiser)
            give_answer(quiz, players[0], shown, QUESTIONS[shown.index]["correctIndex"])
        settled(quiz)
        assert Winner.objects.count() == 1
        assert told(quiz, "quiz:round_closed")[-1]["leaderboard"][0]["wins"] == 2
        assert Notification.objects.filter(user=organiser, type="quiz:no_piece").count() == 1

    def test_a_revoked_round_counts_no_more(self, quiz, players, shown, organiser):
        give_answer(quiz, players[0], shown, 1)
        settled(quiz)
        revoke_winner(room_id=quiz.pk, winner_id=Winner.objects.get().pk, by=organiser)
        end_quiz(room_id=quiz.pk, by=organiser)
        assert told(quiz, "quiz:finished")[0]["leaderboard"][0]["wins"] == 0


class TestPoints:
    @pytest.fixture
    def quiz(self, organiser):
        return make_quiz(organiser, scoring="points")

    def test_every_right_answer_counts_less_the_later(self, quiz, players, organiser):
        shown = show_question(room_id=quiz.pk, by=organiser, index=1)
        for player, option, milliseconds in zip(players, (2, 2, 0), (2_000, 10_000, 500), strict=True):
            give_answer(quiz, player, shown, option, milliseconds)
        points = [answer.points for answer in Answer.objects.order_by("arrived_at")]
        assert points == [0, 900, 500]
        assert not Winner.objects.exists()

    def test_it_closes_at_its_time_and_keeps_the_solution(self, quiz, players, organiser):
        shown = show_question(room_id=quiz.pk, by=organiser, index=1)
        give_answer(quiz, players[0], shown, 2)
        assert shown.ends_at is not None
        wake_room(quiz.pk, shown.ends_at)
        assert Round.objects.get().closed_at is None  # one that arrived in time may wait in a queue still
        wake_room(quiz.pk, shown.ends_at + SETTLE)
        (closed,) = told(quiz, "quiz:round_closed")
        assert (closed["distribution"], closed["correctIndex"], closed["leaderboard"]) == ([0, 0, 1], None, None)

    def test_the_solution_on_the_organizers_word(self, quiz, players, organiser, shown):
        give_answer(quiz, players[0], shown, 1)
        with pytest.raises(QuestionOpen):
            show_solution(room_id=quiz.pk, by=organiser)
        close_question(room_id=quiz.pk, by=organiser)
        show_solution(room_id=quiz.pk, by=organiser)
        show_solution(room_id=quiz.pk, by=organiser)
        first, second = told(quiz, "quiz:round_closed")
        assert (first["correctIndex"], second["correctIndex"]) == (None, 1)
        assert second["leaderboard"][0]["points"] == 1000

    def test_no_place_before_the_solution(self, quiz, players, organiser, shown):
        give_answer(quiz, players[0], shown, 1)
        give_answer(quiz, players[1], shown, 0)
        close_question(room_id=quiz.pk, by=organiser)
        state = state_of(readable_room(quiz.pk, players[0]), players[0])
        assert {row["points"] for row in state["leaderboard"]} == {0}
        assert state["me"]["isRight"] is None
        show_solution(room_id=quiz.pk, by=organiser)
        state = state_of(readable_room(quiz.pk, players[0]), players[0])
        assert (state["me"]["isRight"], state["me"]["place"], state["question"]["correctIndex"]) == (True, 1, 1)


class TestEnd:
    def test_the_leaderboard(self, quiz, players, organiser, shown):
        give_answer(quiz, players[0], shown, 1)
        give_answer(quiz, players[1], shown, 0)
        end_quiz(room_id=quiz.pk, by=organiser)
        end_quiz(room_id=quiz.pk, by=organiser)
        (finished,) = told(quiz, "quiz:finished")
        assert finished["leaderboard"] == [
            {
                "place": place,
                "participantId": person_in(quiz, player).pk,
                "participantName": player.name,
                "wins": wins,
                "points": wins,
            }
            for place, player, wins in ((1, players[0], 1), (2, players[1], 0))
        ]
        with pytest.raises(QuizOver):
            show_question(room_id=quiz.pk, by=organiser)

    def test_what_was_not_solved_is_solved_then(self, organiser):
        quiz = make_quiz(organiser, scoring="points")
        show_question(room_id=quiz.pk, by=organiser)
        close_question(room_id=quiz.pk, by=organiser)
        end_quiz(room_id=quiz.pk, by=organiser)
        assert [event["correctIndex"] for event in told(quiz, "quiz:round_closed")] == [None, 1]

    @pytest.mark.parametrize("status", ["COMPLETED", "CANCELLED"])
    def test_the_end_of_the_event_ends_the_quiz(self, quiz, players, organiser, shown, status):
        give_answer(quiz, players[0], shown, 1)
        update_room(room_id=quiz.pk, by=organiser, status=status)
        (finished,) = told(quiz, "quiz:finished")
        assert finished["leaderboard"][0]["wins"] == 1
        names = list(RoomEvent.objects.filter(room=quiz).order_by("seq").values_list("type", flat=True))
        assert names[-1] == "room:status_changed"
        with pytest.raises(RoomClosed):
            show_question(room_id=quiz.pk, by=organiser)
        with pytest.raises(QuestionClosed):
            give_answer(quiz, players[1], shown, 1)

    def test_completing_a_quiz_that_was_never_started_tells_an_empty_leaderboard(self, quiz, organiser):
        update_room(room_id=quiz.pk, by=organiser, status="COMPLETED")
        assert told(quiz, "quiz:finished") == [{"leaderboard": []}]
        assert not Prize.objects.filter(room=quiz).exists()

    def test_a_draft_that_is_cancelled_had_no_quiz(self, organiser):
        quiz = make_quiz(organiser, active=False)
        update_room(room_id=quiz.pk, by=organiser, status="CANCELLED")
        assert not Quiz.objects.exists()

    def test_removed_people_are_on_no_leaderboard(self, quiz, players, organiser, shown):
        give_answer(quiz, players[0], shown, 1)
        remove_participant(room_id=quiz.pk, participant_id=person_in(quiz, players[0]).pk, by=organiser)
        end_quiz(room_id=quiz.pk, by=organiser)
        assert told(quiz, "quiz:finished")[0]["leaderboard"] == []


class TestMaskedNames:
    def test_who_does_not_run_the_room_sees_none_of_them_whole(self, organiser):
        quiz = make_quiz(organiser, scoring="points")
        update_room(room_id=quiz.pk, by=organiser, mask_names=True)
        anna = make_user("Anna Karenina")
        add_participant(quiz, anna)
        give_answer(quiz, anna, show_question(room_id=quiz.pk, by=organiser), 1)
        names = {}
        for user in (None, organiser):
            (row,) = state_of(readable_room(quiz.pk, user), user)["leaderboard"]
            names[user] = row["participantName"]
        assert names == {None: "Anna K.", organiser: "Anna Karenina"}


class TestTelling:
    def test_those_who_run_the_room_hear_who_answered(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 0, 800)
        give_answer(quiz, players[1], shown, 0, 700)
        wake_room(quiz.pk, timezone.now())
        events = RoomEvent.objects.filter(room=quiz, type="quiz:answer_submitted").order_by("seq")
        assert {event.visibility for event in events} == {"ORGANIZER"}
        assert [event.payload["participantName"] for event in events] == [players[1].name, players[0].name]

    def test_at_most_four_times_a_second(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 0)
        now = timezone.now()
        assert wake_room(quiz.pk, now) is None
        give_answer(quiz, players[1], shown, 0)
        assert wake_room(quiz.pk, now) == now + BETWEEN_COUNTS
        assert len(told(quiz, "quiz:answer_submitted")) == 1
        wake_room(quiz.pk, now + BETWEEN_COUNTS)
        assert len(told(quiz, "quiz:answer_submitted")) == 2

    def test_waking_twice_tells_nothing_twice(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 1)
        for _ in range(3):
            settled(quiz)
        assert len(told(quiz, "quiz:answer_submitted")) == len(told(quiz, "quiz:round_closed")) == 1


class TestWorker:
    """The rounds that the clock of no process closes: after a restart, or where a process died."""

    def test_a_round_whose_decision_is_overdue(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 1)
        assert wake_due_rooms() == []
        Round.objects.update(decide_at=timezone.now())
        assert wake_due_rooms() == [quiz.pk]
        assert wake_due_rooms() == []
        assert Winner.objects.count() == 1

    def test_a_round_whose_time_is_up(self, organiser):
        quiz = make_quiz(organiser, scoring="points")
        show_question(room_id=quiz.pk, by=organiser, index=1, now=timezone.now() - 11 * SECOND)
        assert wake_due_rooms() == [quiz.pk]
        assert Quiz.objects.get().status == "BETWEEN_ROUNDS"

    def test_one_game_that_fails_keeps_no_other_waiting(self, organiser, caplog, monkeypatch):
        rooms = [make_quiz(organiser, scoring="points") for _ in range(2)]
        for room in rooms:
            show_question(room_id=room.pk, by=organiser, index=1, now=timezone.now() - 11 * SECOND)

        def fail_once(room_id, now):
            if room_id == rooms[0].pk:
                raise RuntimeError
            return wake_room(room_id, now)

        monkeypatch.setattr("apps_registry.builtin.quiz.rounds.wake_room", fail_once)
        assert wake_due_rooms() == [rooms[1].pk]
        assert rooms[0].pk in caplog.text

    def test_one_without_a_limit_and_without_a_right_answer_stays_open(self, quiz, players, shown):
        give_answer(quiz, players[0], shown, 0)
        assert wake_due_rooms() == []


class TestErasure:
    def test_who_is_erased_stays_on_the_leaderboard_without_a_name(self, quiz, players, shown, organiser):
        give_answer(quiz, players[0], shown, 1)
        settled(quiz)
        name = players[0].name
        erase_user(user=players[0], by=PLATFORM)
        events = json.dumps(list(RoomEvent.objects.filter(room=quiz).values_list("payload", flat=True)))
        assert "Deleted user" in events
        assert name not in events


class TestRuntimeValues:
    def settings_of(self, api, user, quiz):
        return api(user).get(f"/api/v1/rooms/{quiz.pk}").json()["data"]["appSettings"]

    def test_members_read_where_the_quiz_stands(self, api, quiz, players, organiser, stranger):
        before = self.settings_of(api, players[0], quiz)
        assert (before["quizStatus"], before["currentQuestionIndex"]) == ("WAITING", None)
        show_question(room_id=quiz.pk, by=organiser)
        show_question(room_id=quiz.pk, by=organiser)
        during = self.settings_of(api, players[0], quiz)
        assert (during["quizStatus"], during["currentQuestionIndex"]) == ("QUESTION_ACTIVE", 1)
        assert "quizStatus" not in self.settings_of(api, stranger, quiz)
        quiz.refresh_from_db()
        assert "quizStatus" not in quiz.app_settings

    @pytest.mark.parametrize("key", ["quizStatus", "currentQuestionIndex", "questionShownAt"])
    def test_older_clients_may_write_them_to_no_effect(self, api, quiz, organiser, key):
        show_question(room_id=quiz.pk, by=organiser)
        answer = api(organiser).patch(f"/api/v1/rooms/{quiz.pk}", {"appSettings": {key: 7}}, format="json")
        assert answer.status_code == 200
        quiz.refresh_from_db()
        assert key not in quiz.app_settings
        assert answer.json()["data"]["appSettings"]["quizStatus"] == "QUESTION_ACTIVE"
