"""Whole sentences that mean a keyword, and swearing that says nothing else."""

import pytest

from bot.keywords import heard
from bot.reading.sentences import asks_who, not_me, withdraws, wrong_number
from bot.reading.swearing import only_swearing


@pytest.mark.parametrize(
    "said",
    ["wrong number", "Sorry, wrong number", "you have the wrong number mate", "Wrong number. Stop texting me",
     "wrong person", "this isn't her number", "I think you've got the wrong person", "no Ann on this number"],
)  # fmt: skip
def test_a_stranger_who_says_it_is_the_wrong_number_is_heard(said: str) -> None:
    assert wrong_number(said)
    assert heard(said, in_waiting_room=True, in_own_words=False) == "wrong_number"
    assert heard(said, in_waiting_room=False, in_own_words=True) is None


@pytest.mark.parametrize(
    "said",
    ["I gave the wrong number", "I rang the wrong number", "I got the wrong number",
     "I put the wrong number in", "wrong number its 07700 900123",
     "my number is wrong", "I keep getting wrong numbers ringing", "the wrong bus number",
     "he always picks the wrong person to trust and I told him so but he never listens to me at all these days"],
)  # fmt: skip
def test_someone_who_puts_their_own_number_right_is_no_stranger(said: str) -> None:
    assert not wrong_number(said)


@pytest.mark.parametrize(
    "said",
    ["not me", "That's not me", "I don't know you", "never heard of you", "nobody called Ann here", "it isnt me"],
)
def test_someone_who_may_be_a_stranger_is_asked(said: str) -> None:
    assert not_me(said)
    assert heard(said, in_waiting_room=True, in_own_words=False) == "not_me"


@pytest.mark.parametrize(
    "said",
    ["im not sure", "I'm not well", "I'm not lonely", "not me, my mum", "there's no one here", "I am not eating",
     "I don't know you see, it's hard", "it's not me it's my son who needs help"],
)  # fmt: skip
def test_someone_who_speaks_of_themselves_is_no_stranger(said: str) -> None:
    assert not not_me(said)
    assert not wrong_number(said)


@pytest.mark.parametrize(
    "said",
    ["who is this?", "Who are you", "whos this pls", "is this a scam?", "how did you get my phone number",
     "are you a real person?", "are you a bot", "what is this about", "I don't know who you are", "scam"],
)  # fmt: skip
def test_someone_who_asks_who_we_are_is_heard(said: str) -> None:
    assert asks_who(said)
    assert heard(said, in_waiting_room=False, in_own_words=False) == "who_is_this"


@pytest.mark.parametrize("said", ["who is this for", "is this real life", "what are you doing", "who is Sam"])
def test_another_question_is_not_taken_for_that(said: str) -> None:
    assert not asks_who(said)


@pytest.mark.parametrize(
    "said",
    ["I don't need this any more", "i no longer need help", "cancel my referral", "take me off the waiting list",
     "I want to withdraw", "I'm fine now thanks, I don't need it"],
)  # fmt: skip
def test_someone_waiting_who_needs_us_no_more_is_asked_whether_to_withdraw(said: str) -> None:
    assert withdraws(said)
    assert heard(said, in_waiting_room=True, in_own_words=False) == "withdraw"
    assert heard(said, in_waiting_room=False, in_own_words=False) != "withdraw"


@pytest.mark.parametrize(
    "said", ["I don't need food any more", "I dont want to be here any more", "I need more help"]
)
def test_someone_who_says_something_else_is_not_asked_that(said: str) -> None:
    assert not withdraws(said)


@pytest.mark.parametrize("said", ["fuck", "fuck this shit", "you useless bot fuck you", "Bloody hell!", "FFS"])
def test_swearing_alone_is_heard_as_swearing(said: str) -> None:
    assert only_swearing(said)


@pytest.mark.parametrize(
    "said",
    ["yes fuck it", "I feel like shit", "fuck knows, maybe 3", "Scunthorpe", "Penistone", "Cockermouth", "Arsenal",
     "no", "72", "", "my bloody landlord won't fix the heating"],
)  # fmt: skip
def test_swearing_beside_anything_else_is_an_answer(said: str) -> None:
    assert not only_swearing(said)


@pytest.mark.parametrize(
    "said",
    [
        "Dick",
        "Fanny",
        "Randy Cock",
        "I'm Dick",
        "Willy",
        "Mr Bastard",
        "Dick Prick",
        "Tit",
        "Gay",
        "Phuc Dat Bich",
    ],
)
def test_a_name_that_looks_like_swearing_is_a_name(said: str) -> None:
    assert not only_swearing(said, as_name=True)


def test_words_that_are_nobodys_name_are_swearing_where_a_name_is_asked_for_too() -> None:
    assert only_swearing("fuck this", as_name=True)
