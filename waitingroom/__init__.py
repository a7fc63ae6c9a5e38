"""Care: people, referrals, consent, the waiting room, and the rules that keep them safe."""
