"""Older code: from which version on a process may still work on these tables.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('oldest_code',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.execute("INSERT INTO oldest_code (id, version) VALUES (1, '0024')")


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('oldest_code')
