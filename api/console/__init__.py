"""The console: the pages that staff work with, at /staff."""
