"""Own keys: what is sealed for one talk or person opens with a key of its own.

Code of this version reads what older code wrote; older code cannot read what this version seals. So stop the older
code before the first process of this version answers anyone, and going back to older code needs a backup from before.
Nothing is sealed anew here: a talk or person from before gets a key when something is next written for it.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        'own_key',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('owner_id', sa.Uuid(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(op.f('ix_own_key_owner_id'), 'own_key', ['owner_id'])


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('own_key')
