"""A made-up town: people, link workers and weeks that never were, talked through the real service."""
