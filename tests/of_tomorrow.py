"""Code of tomorrow: this one, with more migrations."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waitingroom import schema

STEP = '''"""A step of tomorrow.

Revision ID: {number}
Revises: {before}
"""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"
branch_labels = None
depends_on = None
{marks}

def upgrade() -> None:
    """Bring the tables to this version."""
    {up}


def downgrade() -> None:
    """Bring the tables back to the version before."""
    {down}
'''


def the_step(up: str, *, number: str = "9000", before: str = "", marks: str = "", down: str = "pass") -> str:
    return STEP.format(number=number, before=before or schema.newest(), marks=marks, up=up, down=down)


@contextmanager
def tomorrow(folder: Path, *steps: str) -> Iterator[None]:
    """Be code of tomorrow, which has more migrations."""
    shutil.copytree(schema._folder(), folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    for step in steps:
        number = step.split('revision = "')[1][:4]
        (folder / "migrations" / "versions" / f"{number}_of_tomorrow.py").write_text(step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_folder", lambda: folder / "migrations")
        schema.newest.cache_clear()
        yield
    schema.newest.cache_clear()
