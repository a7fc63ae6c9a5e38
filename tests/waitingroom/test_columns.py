"""Personal words open only with their key, and only in their own row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitingroom.columns import KeyRing, UnreadableError

RING = KeyRing.fresh()


@given(st.text(), st.text(max_size=50))
def test_what_was_sealed_opens_the_same(words: str, where: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in words + where):
        return
    assert RING.unseal(RING.seal(words, where), where) == words


def test_a_sealed_word_moved_to_another_row_does_not_open() -> None:
    sealed = RING.seal("Ann", "person:about:1")
    with pytest.raises(UnreadableError):
        RING.unseal(sealed, "person:about:2")


def test_an_altered_word_does_not_open() -> None:
    sealed = bytearray(RING.seal("Ann", "x"))
    sealed[-1] ^= 1
    with pytest.raises(UnreadableError):
        RING.unseal(bytes(sealed), "x")


def test_another_services_key_opens_nothing() -> None:
    with pytest.raises(UnreadableError):
        KeyRing.fresh().unseal(RING.seal("Ann", "x"), "x")


@pytest.mark.parametrize("broken", [b"", b"\x01", b"\x01short"])
def test_a_stump_does_not_open(broken: bytes) -> None:
    with pytest.raises(UnreadableError):
        RING.unseal(broken, "x")


def test_an_older_key_still_opens_after_a_new_one_is_added() -> None:
    sealed = RING.seal("Ann", "x")
    newer = KeyRing(keys={**RING.keys, 2: b"k" * 32}, hashing=RING.hashing)
    assert newer.unseal(sealed, "x") == "Ann"
    assert newer.seal("Ann", "x")[0] == 2


def test_the_same_words_never_look_the_same() -> None:
    assert RING.seal("Ann", "x") != RING.seal("Ann", "x")


def test_a_number_is_found_by_its_hash_with_the_same_keys_only() -> None:
    assert RING.fingerprint("sms", "+447700900123") == RING.fingerprint("sms", "+447700900123")
    assert RING.fingerprint("sms", "+447700900123") != RING.fingerprint("whatsapp", "+447700900123")
    assert RING.fingerprint("sms", "+447700900123") != KeyRing.fresh().fingerprint("sms", "+447700900123")


def test_a_key_ring_never_shows_its_keys() -> None:
    assert "keys" not in repr(RING)
    assert "hashing" not in repr(RING)
