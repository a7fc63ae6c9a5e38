"""The street's page: a text phone, a WhatsApp and a Telegram, drawn as plain HTML that a newcomer can write on."""

from collections.abc import Iterable
from html import escape

from tests.fakes.bot_api_people import Person, Seen
from tests.fakes.twilio_phones import Got, Phone

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; padding: 1rem; max-width: 76rem }
.screen { display: flex; flex-direction: column-reverse; height: 24rem; overflow: auto }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)) }
section { border: 1px solid; border-radius: .75rem; padding: .75rem }
section { display: grid; gap: .5rem; align-content: start }
h1, h2, p { margin: 0 }
iframe { border: 0; width: 100%; height: 26rem }
ol { list-style: none; padding: 0; display: grid; gap: .5rem }
li { border: 1px solid; border-radius: .75rem; padding: .5rem .75rem; max-width: 85%; white-space: pre-wrap }
li.me { justify-self: end; border-style: dashed }
small { display: block; opacity: .75 }
form { display: flex; flex-wrap: wrap; gap: .5rem }
input { flex: 1; min-width: 8rem }
input, button { font: inherit; padding: .4rem .7rem; min-height: 2.5rem }
"""
POLICY = "; ".join([
    "default-src 'none'", "style-src 'unsafe-inline'", "script-src 'unsafe-inline'", "frame-src 'self'",
    "form-action 'self'",
])  # fmt: skip
EVERY = 1
"""Seconds between looks at a phone."""
PHONES = {"sms": "Text messages", "whatsapp": "WhatsApp", "telegram": "Telegram"}
DOES = {"voice": "Send a voice note", "picture": "Send a picture"}


def street(demo: str) -> str:
    """Draw the whole street; `demo` is where the service itself is."""
    phones = "".join(_phone(key, title) for key, title in PHONES.items())
    return _page(
        "The street",
        "<h1>The street</h1><p>Three made-up phones. Write on one, and the Waiting Room on this machine answers. "
        f'Nothing leaves this machine. The service: <a href="{escape(demo)}/chat">{escape(demo)}/chat</a></p>'
        f"<main>{phones}</main>",
    )


def texts(key: str, phone: Phone) -> str:
    """Draw what stands on a text phone or a WhatsApp."""
    lines = (_got(key, number, said) for number, (_, said) in enumerate(phone.talk))
    return _screen(key, lines)


def chat(person: Person) -> str:
    """Draw what stands in a Telegram chat."""
    lines = [_seen(seen) for seen in person.talk]
    if not person.known:
        lines.append(f"<li>{_button('telegram', 'start', 'Start')}</li>")
    return _screen("telegram", lines)


def _phone(key: str, title: str) -> str:
    name = escape(title)
    does = "".join(f'<button name="does" value="{does}">{words}</button>' for does, words in DOES.items())
    if key == "sms":
        does = '<button name="does" value="picture">Send a picture</button>'
    return (
        f'<section aria-labelledby="{key}"><h2 id="{key}">{name}</h2>'
        f'<iframe name="{key}-screen" title="{name}: the talk so far" src="/{key}"></iframe>'
        f'<form method="post" action="/{key}" target="{key}-screen" onsubmit="setTimeout(() => this.reset())">'
        f'<input name="text" aria-label="{name}: your words" autocomplete="off" required>'
        "<button>Send</button></form>"
        f'<form method="post" action="/{key}" target="{key}-screen">{does}</form></section>'
    )


def _got(key: str, number: int, said: Got | str) -> str:
    if isinstance(said, str):
        return _line(said or "(something that is not words)", mine=True)
    small = "" if key == "whatsapp" else f"{said.segments} part{'s' if said.segments > 1 else ''}"
    buttons = "".join(_button(key, f"tap:{number}", label) for label in said.labels)
    return _line(said.body, small="Twilio's own words" if said.by_twilio else small, buttons=buttons)


def _seen(seen: Seen) -> str:
    buttons = "".join(_button("telegram", f"tap:{seen.id}", label) for label in seen.buttons)
    words = seen.text or "(something that is not words)"
    return _line(words, mine=not seen.by_bot, small="edited" if seen.edits else "", buttons=buttons)


def _line(words: str, *, mine: bool = False, small: str = "", buttons: str = "") -> str:
    under = f"<small>{escape(small)}</small>" if small else ""
    side = ' class="me"' if mine else ""
    return f"<li{side}>{escape(words)}{under}{buttons}</li>"


def _button(key: str, does: str, label: str) -> str:
    return (
        f'<form method="post" action="/{key}"><input type="hidden" name="label" value="{escape(label)}">'
        f'<button name="does" value="{escape(does)}">{escape(label)}</button></form>'
    )


def _screen(key: str, lines: Iterable[str]) -> str:
    again = f'<meta http-equiv="refresh" content="{EVERY};url=/{key}">'
    return _page(PHONES[key], f'<div class="screen"><ol>{"".join(lines)}</ol></div>', head=again)


def _page(title: str, body: str, *, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>'
        f"<body>{body}</body></html>"
    )
