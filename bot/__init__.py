"""Talk: hears, asks, answers, remembers, sends."""
