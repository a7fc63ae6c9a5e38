"""The copy of a record that people are handed reads like words, not like a table."""

from zoneinfo import ZoneInfo

from api.console.record_words import in_words, lines

LONDON = ZoneInfo("Europe/London")


def test_days_hours_and_names_are_said_as_people_say_them():
    row = {
        "id": "0b7c",
        "person_id": "9c1f",
        "version": 3,
        "joined_at": "2026-07-01T09:05:00+00:00",
        "due_on": "2026-12-01",
        "status": "waiting_room",
        "agreed": True,
        "needs": ["money", "lonely"],
        "note": "",
        "told": {"how": "text", "when": None},
    }
    assert lines(row, LONDON) == [
        ("Joined", "1 July 2026, 10:05"),
        ("Due", "1 December 2026"),
        ("Status", "waiting room"),
        ("Agreed", "yes"),
        ("Needs", "money, lonely"),
        ("Told", "how: text"),
    ]


def test_their_own_words_stay_as_they_are():
    assert in_words("My e_mail is ann_smith@example.org_x", LONDON) == "My e_mail is ann_smith@example.org_x"
    assert in_words("2026-12-01 was a bad day", LONDON) == "2026-12-01 was a bad day"


def test_no_is_said_and_zero_too():
    assert lines({"kept": False, "tries": 0}, LONDON) == [("Kept", "no"), ("Tries", "0")]
