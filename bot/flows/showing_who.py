"""Showing who they are: a block that talks share which show what is somebody's own."""

from bot.ask import Ask
from bot.reading.proofs import age_and_postcode, reference
from bot.words import _
from waitingroom import handoffs, rights
from waitingroom.handoffs import Reason, Urgency
from waitingroom.rights import Proof, Told

PROVE = _(
    "So that nobody else sees what is yours, please send your reference, 8 digits. "
    "Or send your age and postcode, like 72, BB9 7AA."
)
PROVE_BY_REFERENCE = _(
    "So that nobody else sees what is yours, please send your reference, 8 digits like 1234 5674."
)
NOT_RIGHT = _("That is not what we have. Please try once more.")


def is_them(ask: Ask) -> bool:
    """Have them show who they are, in three tries; then a person looks. True where nobody is known here."""
    conversation_id, contact_id, now = ask.here.conversation_id, ask.here.contact_id, ask.here.now
    known = ask.know("identity", rights.identity, conversation_id=conversation_id, contact_id=contact_id, now=now)
    if known.proved or not known.known:
        return True
    words = PROVE_BY_REFERENCE if known.by_reference_only else PROVE
    for number in range(1, rights.TRIES + 1):
        said = ask.proof(f"proof_{number}", words if number == 1 else NOT_RIGHT)
        age, postcode = age_and_postcode(said)
        told = Told(reference=reference(said), age=age, postcode=postcode)
        proof = ask.do(
            f"proved_{number}",
            rights.prove,
            conversation_id=conversation_id,
            contact_id=contact_id,
            told=told,
            now=now,
        )
        if proof is Proof.PROVED:
            return True
        if proof is Proof.TOO_MANY:
            break
    _ask_for_person(ask)
    return False


def _ask_for_person(ask: Ask) -> None:
    ask.do(
        "person_asked",
        handoffs.raise_hand,
        conversation_id=ask.here.conversation_id,
        reason=Reason.ASKED_FOR_PERSON,
        urgency=Urgency.ROUTINE,
        now=ask.here.now,
    )
    ask.tell(_("We could not make sure that it is you, so we show nothing here. It may be our mistake."))
    ask.tell(_("A person will look {seen_by} and write to you."), seen_by=ask.service.seen_by(ask.here.now))
