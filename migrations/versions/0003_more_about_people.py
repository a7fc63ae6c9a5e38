"""More about people: what they chose to add about themselves, and what they want help with in their own words.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('person', sa.Column('more', sa.LargeBinary(), nullable=True))
    op.add_column('referral', sa.Column('own_needs', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_column('referral', 'own_needs')
    op.drop_column('person', 'more')
