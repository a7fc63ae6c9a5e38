"""The ways a message comes in and goes out, one a file."""
