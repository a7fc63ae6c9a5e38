"""How long the net takes over one message, with and without its second ear.

.venv/bin/python benchmarks/second_ear.py
"""

import time
from collections.abc import Callable

from bot.safety import Net
from content import load

SHORT = "yes please, Tuesday mornings suit me"
LONG = (
    "Hello there, my name is Joan and I live in Nelson with my cat. I would like to join a walking group on "
    "Tuesdays please, and my daughter says you may know of a lunch club near the station where they have a ramp. "
    "I cannot walk far since my operation but I like company and a good laugh at it."
)
TIMES, ROUNDS = 300, 7


def main() -> None:
    rules = load().safety
    both, alone = Net(rules), Net(rules.model_copy(update={"ear": None}))
    for text in (SHORT, LONG):
        with_ear, without = (_milliseconds(lambda net=net, text=text: net.listen(text)) for net in (both, alone))
        print(f"{len(text):4} letters: {with_ear:.3f} ms, of which the second ear {with_ear - without:.3f} ms")


def _milliseconds(job: Callable[[], object]) -> float:
    """Time of the processor for one run, the least of several rounds."""
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(TIMES):
            job()
        found.append((time.process_time() - begun) / TIMES * 1000)
    return min(found)


if __name__ == "__main__":
    main()
