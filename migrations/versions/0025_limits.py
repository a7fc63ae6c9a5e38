"""Limits: how fast one person may write, and when they are heard but not answered.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('conversation', sa.Column('full_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('conversation', sa.Column('said_hash', sa.LargeBinary(), nullable=True))
    op.add_column('conversation', sa.Column('said_times', sa.SmallInteger(), nullable=True))
    op.add_column('conversation', sa.Column('said_since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('conversation', sa.Column('answered_hash', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_column('conversation', 'answered_hash')
    op.drop_column('conversation', 'said_since')
    op.drop_column('conversation', 'said_times')
    op.drop_column('conversation', 'said_hash')
    op.drop_column('conversation', 'full_at')
