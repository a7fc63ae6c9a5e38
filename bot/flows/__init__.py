"""The talks a person can have, one a file, each read top to bottom."""
