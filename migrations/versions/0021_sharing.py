"""Sharing: what organisation someone is of, and who heard a yes that was said aloud.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('staff', sa.Column('organisation', sa.String(), nullable=True))
    op.add_column('consent', sa.Column('heard_by', sa.Uuid(), nullable=True))
    op.create_foreign_key('consent_heard_by_fkey', 'consent', 'staff', ['heard_by'], ['id'])


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_constraint('consent_heard_by_fkey', 'consent', type_='foreignkey')
    op.drop_column('consent', 'heard_by')
    op.drop_column('staff', 'organisation')
