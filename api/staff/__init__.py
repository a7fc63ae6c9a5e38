"""The staff API: one module for each kind of record, at /api/v1."""
