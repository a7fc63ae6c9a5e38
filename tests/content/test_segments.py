"""A text message costs what the standard says, and plain signs never cost a letter."""

import json
import random
import re
import unicodedata
from pathlib import Path

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from content.segments import GSM7, GSM7_EXTENDED, PLAIN, outside_gsm7, plainly, segments, septets

VECTORS = Path("../shared/data/sms/notify_fragment_vectors.json")
GAP = re.compile(r"\(\(.*?\)\)")
WELSH = "ÂÊÎÔÛŴŶâêîôûŵŷÁÍÓÚÝáíóúýËÏẄŸëïẅÿẀỲẁỳ"
ALPHABETS = (
    "abc 123.",
    "abc €[]{}^~|\\\f",
    "".join(sorted(GSM7 | GSM7_EXTENDED)),
    "abc ŵŷł",
    "abc😀👨‍👩‍👧🇬🇧",
    "خوش آمدید\u200c",
    "aé€’…😀\ud800 ",
)
HALVES = "\ud83d\ude00"
"""Two halves of one emoji, as a careless decoder leaves them."""


def texts(count: int) -> list[str]:
    """Random texts of every alphabet, most of them near the end of a part."""
    chance = random.Random(160)
    found = []
    for _ in range(count):
        alphabet = chance.choice(ALPHABETS)
        ends = (
            (0, 1, 35, 67, 70, 134, 153, 160, 201, 306, 459) if alphabet in ALPHABETS[:3] else (1, 35, 67, 70, 134)
        )
        length = max(0, chance.choice(ends) + chance.randint(-3, 3))
        found.append("".join(chance.choices(alphabet, k=length)))
    return found


def test_we_count_as_another_house_counts_on_fifty_thousand_texts() -> None:
    """smsutil counts an empty text as a part; nothing is sent, so nothing is charged."""
    apart = [text for text in texts(50_000) if text and segments(text) != len(smsutil.split(text).parts)]
    assert apart == []


def test_an_escape_is_no_character_whatever_the_other_house_says() -> None:
    """3GPP TS 23.038, 6.2.1: 1B leads to the extension table, and is no sign alone. smsutil takes it for one."""
    assert segments("\x1b" * 71) == 2
    assert len(smsutil.split("\x1b" * 71).parts) == 1


def test_half_an_emoji_and_half_an_emoji_are_never_parted() -> None:
    """3GPP TS 23.040, 9.2.3.24.1: a character of two units stays whole. smsutil parts one that comes in halves."""
    text = "a" * 66 + HALVES + "b" * 65
    assert segments(text) == segments("a" * 66 + "😀" + "b" * 65) == 2
    text = "a" * 66 + HALVES + "b" * 66
    assert segments(text) == 3
    assert len(smsutil.split(text).parts) == 2


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared test data is not beside the checkout")
def test_we_count_as_the_government_counts_once_its_own_plain_signs_are_written() -> None:
    """There, a sign neither in the alphabet nor Welsh becomes `?` first, and a gap to fill counts nothing."""
    vectors = json.loads(VECTORS.read_text())
    assert len(vectors) >= 34
    for vector in vectors:
        filled = GAP.sub("", plainly(vector["text"]))
        text = "".join(sign if not outside_gsm7(sign) or sign in WELSH else "?" for sign in filled)
        assert segments(text) == vector["fragments"], vector


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        *zip(("", "a" * 160, "a" * 161, "a" * 306, "a" * 307), (0, 1, 2, 2, 3), strict=True),
        *zip(("ŵ" * 70, "ŵ" * 71, "ŵ" * 134, "ŵ" * 135), (1, 2, 2, 3), strict=True),
        *zip(
            ("€" * 80, "€" * 81, "a" * 152 + "€" + "a" * 152, "a" * 151 + "€" + "a" * 153),
            (1, 2, 3, 2),
            strict=True,
        ),
        *zip(("😀" * 35, "😀" * 36, "😀" * 66, "😀" * 67), (1, 2, 2, 3), strict=True),
    ],
)
def test_a_text_is_charged_by_its_parts(text: str, parts: int) -> None:
    assert segments(text) == parts


def test_signs_of_the_extension_table_take_two_septets() -> None:
    assert septets("a€[]") == 7
    with pytest.raises(ValueError, match=r"U\+0175"):
        septets("dŵr")


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("It’s “fine” – really…", 'It\'s "fine" - really...'),
        ("9–5, Mon—Fri", "9-5, Mon-Fri"),
        ("call\u00a0999\u200b now\ufeff", "call 999 now"),
        ("He said “she said ‘no’”", "He said \"she said 'no'\""),
        ("• tea\u2028• toast", "- tea\n- toast"),
        ("stop\u200dhere", "stophere"),
        ("don`t", "don't"),
    ],
)
def test_signs_that_say_no_more_are_written_plainly(typed: str, sent: str) -> None:
    assert plainly(typed) == sent
    assert outside_gsm7(sent) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Dŵr a thŷ",
        "Łódź",
        "خوش آمدید",
        "می\u200cخواهم",
        "ქართული",
        "Zoë's café",
        "O\u02bcahu",
        "👨‍👩‍👧",
        "❤\ufe0f",
        "½ ™ °",
    ],
)
def test_no_letter_and_no_picture_is_ever_changed(text: str) -> None:
    assert plainly(text) == text


def test_none_of_the_plain_signs_stands_for_a_letter_or_a_number() -> None:
    assert [sign for sign in PLAIN if unicodedata.category(sign)[0] in "LNM"] == []


def test_a_welsh_text_is_counted_honestly() -> None:
    assert segments(plainly("Croeso i’r dŵr " * 5)) == 2
    assert segments(plainly("Croeso i’r dwr " * 5)) == 1


@given(st.text())
def test_every_letter_of_every_text_goes_out_as_it_was_typed(text: str) -> None:
    def letters(words: str) -> list[str]:
        return [sign for sign in words if unicodedata.category(sign)[0] in "LN"]

    assert letters(plainly(text)) == letters(text)


@given(st.text(st.sampled_from("ab’“”…–\u00a0\u200b\u200d\u200e\t😀ŵخ\x00\ud83d\ude00")))
def test_plain_signs_never_cost_more_and_are_written_once_and_for_all(text: str) -> None:
    plain = plainly(text)
    assert segments(plain) <= segments(text)
    assert plainly(plain) == plain


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_text_at_all_is_counted(text: str) -> None:
    assert segments(text + "\x00\ud800") >= 1
    assert (segments(text) == 0) == (text == "")
