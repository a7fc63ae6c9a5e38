"""Hooks: where programs of others are told.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('hook',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('kinds', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('hub_id', sa.Uuid(), nullable=True),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('secret_before', sa.LargeBinary(), nullable=True),
    sa.Column('before_ends_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('made_by', sa.Uuid(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('off_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('off_because', sa.String(length=40), nullable=True),
    sa.Column('failing_since', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('paused_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['hub_id'], ['hub.id']),
    sa.ForeignKeyConstraint(['made_by'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('hook_delivery',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('hook_id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('ids', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('happened_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answered', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['hook_id'], ['hook.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_hook_delivery_conversation_id'), 'hook_delivery', ['conversation_id'], unique=False)
    op.create_index(op.f('ix_hook_delivery_happened_at'), 'hook_delivery', ['happened_at'], unique=False)
    op.create_index('ix_hook_delivery_due', 'hook_delivery', ['hook_id', 'next_try_at'], unique=False,
                    postgresql_where=sa.text("status = 'waiting'"))
    op.create_index('ix_hook_delivery_listed', 'hook_delivery', ['hook_id', 'happened_at', 'id'], unique=False)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('hook_delivery')
    op.drop_table('hook')
