"""NHS numbers as people type them, and what people type in their place."""

import pytest

from bot.reading.nhs_numbers import in_groups, national_insurance, nhs_number


@pytest.mark.parametrize(
    "said",
    [
        "9990000018",
        "999 000 0018",
        "999-000-0018",
        "999.000.0018",
        "my nhs number is 999 000 0018 I think",
        "999 000 0018, yes 999 000 0018",
        "\uff19\uff19\uff19 000 0018",
    ],
)
def test_a_number_is_read_however_it_is_spaced(said: str) -> None:
    assert nhs_number(said) == "9990000018"


def test_a_check_digit_of_nought_is_read() -> None:
    assert nhs_number("987 654 3210") == "9876543210"
    assert nhs_number("900 000 0009") == "9000000009"


@pytest.mark.parametrize(
    "said",
    [
        "999 123 4567",  # how NHS pages show what one looks like: its check digit is wrong
        "123 456 7890",
        "999 000 0019",
        "999 000 001",
        "999 000 0018 2",
        "07700 900123",
        "+4477009001",
        "999 000 0018 or 900 000 0009",
        "QQ 12 34 56 C",
        "I do not know it",
        "",
    ],
)
def test_what_is_no_nhs_number_is_not_taken_for_one(said: str) -> None:
    assert nhs_number(said) is None


@pytest.mark.parametrize("digit", "0123456789")
def test_ten_times_the_same_digit_passes_the_check_and_is_refused_all_the_same(digit: str) -> None:
    assert nhs_number(digit * 10) is None


def test_a_number_that_no_check_digit_can_complete_is_refused_whatever_comes_last() -> None:
    assert [nhs_number(f"999 123 456{last}") for last in range(10)] == [None] * 10


@pytest.mark.parametrize("said", ["AB 12 34 56 C", "ab123456c", "it is AB 123456 C", "AB123456", "ab-12-34-56-c"])
def test_a_national_insurance_number_is_known_for_what_it_is(said: str) -> None:
    assert national_insurance(said)


@pytest.mark.parametrize("said", ["999 000 0018", "BB9 7AA", "DD 12 34 56 C", "AO 12 34 56 C", "AB 12 34 5", "no"])
def test_nothing_else_is_taken_for_a_national_insurance_number(said: str) -> None:
    assert not national_insurance(said)


def test_a_number_is_shown_in_groups_of_three_three_and_four() -> None:
    assert in_groups("9990000018") == "999 000 0018"
