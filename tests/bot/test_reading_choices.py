"""People pick from a list by number, by word, by place, or by something near enough."""

import pytest

from bot.reading import Option, choice, several

NEEDS = [
    Option("money", "Money and benefits", ("cash", "debt", "bills")),
    Option("housing", "Housing"),
    Option("lonely", "Feeling lonely or isolated", ("friends", "company")),
    Option("food", "Food"),
]
MANY = [Option(f"need{n}", f"Need {chr(96 + n) * 4}") for n in range(1, 16)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *[
            ("2", "housing"),
            ("2.", "housing"),
            ("option two", "housing"),
            ("number 2 please", "housing"),
            ("2️⃣", "housing"),
        ],
        *[
            ("the first one", "money"),
            ("last one", "food"),
            ("3rd", "lonely"),
            ("top one", "money"),
            ("b", "housing"),
            ("B)", "housing"),
        ],
        *[
            ("Money and benefits", "money"),
            ("Feeling lonely or is", "lonely"),
            ("debt please", "money"),
            ("lonely", "lonely"),
        ],
        *[
            ("hosuing", "housing"),
            ("moeny", "money"),
            ("1 - money", "money"),
            ("I need help with housing", "housing"),
        ],
        *[("i have no food", "food"), ("freinds", "lonely")],
        *[
            ("5", None),
            ("0", None),
            ("money or food", None),
            ("1 food", None),
            ("not money", None),
            ("hello", None),
        ],
        *[("", None), ("z", None), ("i dont need food", None), ("13", None)],
    ],
)
def test_a_person_who_picks_one_is_understood_or_asked_again(text, key):
    assert choice(text, NEEDS) == key


def test_a_person_whose_slip_is_as_near_to_two_options_is_asked_again():
    assert choice("carlz", [Option("a", "Carla"), Option("b", "Carly")]) is None


def test_a_person_who_is_offered_nothing_has_picked_nothing():
    assert choice("1", []) is None
    assert several("1", []) is None


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        *[
            ("1, 3 and food", ("money", "lonely", "food")),
            ("1 3", ("money", "lonely")),
            ("3,1", ("money", "lonely")),
        ],
        *[("13", ("money", "lonely")), ("1+2", ("money", "housing")), ("2 to 4", ("housing", "lonely", "food"))],
        *[
            ("all", ("money", "housing", "lonely", "food")),
            ("all but 2", ("money", "lonely", "food")),
            ("none", ()),
        ],
        *[
            ("money and benefits, housing", ("money", "housing")),
            ("food housing", ("housing", "food")),
            ("2", ("housing",)),
        ],
        *[("i need help with money and my housing", ("money", "housing")), ("debt\nfood", ("money", "food"))],
        *[
            ("money and my leg hurts", None),
            ("1-3", None),
            ("115", None),
            ("15", None),
            ("not money, housing", None),
        ],
        *[("", None), ("hello", None), ("5", None), ("please", None)],
    ],
)
def test_a_person_who_picks_several_is_wholly_understood_or_asked_again(text, keys):
    assert several(text, NEEDS) == keys


def test_a_person_who_types_thirteen_of_fifteen_means_thirteen():
    assert several("13", MANY) == ("need13",)
    assert several("1 3", MANY) == ("need1", "need3")


def test_a_person_may_pick_an_option_that_says_none():
    options = [*NEEDS, Option("none", "None of these", ("none",))]
    assert several("none of these", options) == ("none",)
    assert several("none", options) == ("none",)
