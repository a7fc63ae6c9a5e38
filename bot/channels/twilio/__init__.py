"""Twilio: text messages and WhatsApp, by one account."""
