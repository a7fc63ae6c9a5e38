"""Doors: HTTP, pages, the command line, settings and worker processes."""
