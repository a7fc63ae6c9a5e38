"""The access code to a lasting power of attorney, as people type it from a letter."""

import pytest

from bot.reading import access_code

PRINTED = "V-46QW-7YRT-P9UD"


@pytest.mark.parametrize(
    "typed",
    [
        "V-46QW-7YRT-P9UD",
        "v46qw7yrtp9ud",
        "V 46QW 7YRT P9UD",
        "v - 46qw - 7yrt - p9ud",
        "It is V-46QW-7YRT-P9UD.",
        "V\u201346QW\u20137YRT\u2013P9UD",
        "code: v46QW-7yrt p9UD thanks",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert access_code(typed) == PRINTED


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "V",
        "V-46QW-7YRT-P9U",
        "V-46QW-7YRT-P9UDX",
        "46QW-7YRT-P9UD",
        "C-46QW-7YRT-P9UD",
        "7000-1234-5678",
        "very good thank you",
        "I have not got one yet",
        "V-46QW-7YRT-P9UD or V-46QW-7YRT-P9UE",
    ],
)
def test_what_is_no_code_or_might_be_two_is_asked_again(typed: str) -> None:
    assert access_code(typed) is None


def test_no_sign_is_taken_for_another_because_that_would_be_a_guess() -> None:
    assert access_code("V-O6QW-7YRT-P9UD") == "V-O6QW-7YRT-P9UD"
    assert access_code("V-06QW-7YRT-P9UD") == "V-06QW-7YRT-P9UD"
