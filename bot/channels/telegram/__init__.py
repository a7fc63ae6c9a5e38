"""Telegram: aiogram reads what comes in and ticks keyboards, python-telegram-bot sends; neither keeps the talk."""

TELEGRAM = "telegram"
"""The channel's name."""
PATH = "/webhooks/telegram"
"""Where, under the public address, Telegram delivers what people write."""
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update we ask for: those we read, and no others."""
