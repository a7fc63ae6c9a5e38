"""Rows of talks stay where they are: no index holds what every turn changes, and pages keep room beside a row.

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None

HALF_WAY = sa.text('person_id IS NULL AND clear_at IS NULL')


def upgrade() -> None:
    """Bring the tables to this version."""
    op.execute('ALTER TABLE conversation SET (fillfactor = 80)')
    with op.get_context().autocommit_block():
        op.drop_index('ix_conversation_begun', table_name='conversation', postgresql_concurrently=True, if_exists=True)
        op.create_index(
            'ix_conversation_begun',
            'conversation',
            ['created_at'],
            postgresql_where=HALF_WAY,
            postgresql_concurrently=True,
        )
        op.drop_index('ix_conversation_half_way', table_name='conversation', postgresql_concurrently=True)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.create_index('ix_conversation_half_way', 'conversation', ['heard_at'], postgresql_where=HALF_WAY)
    op.drop_index('ix_conversation_begun', table_name='conversation')
    op.execute('ALTER TABLE conversation RESET (fillfactor)')
