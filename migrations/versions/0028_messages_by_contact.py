"""Messages by contact: so that deleting a way to reach someone need not look through every message.

Revision ID: 0028
Revises: 0027
"""

from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    with op.get_context().autocommit_block():
        op.drop_index('ix_message_contact_id', table_name='message', postgresql_concurrently=True, if_exists=True)
        op.create_index('ix_message_contact_id', 'message', ['contact_id'], postgresql_concurrently=True)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_index('ix_message_contact_id', table_name='message')
