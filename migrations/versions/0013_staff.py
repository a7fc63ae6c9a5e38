"""Staff: roles, hubs, and who is signed in.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('hub',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('areas', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.add_column('staff', sa.Column('role', sa.String(length=40), server_default='link_worker', nullable=False))
    op.alter_column('staff', 'role', server_default=None)
    op.add_column('staff', sa.Column('hub_id', sa.Uuid(), nullable=True))
    op.create_foreign_key('staff_hub_id_fkey', 'staff', 'hub', ['hub_id'], ['id'])
    op.add_column('staff', sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('conversation', sa.Column('hub_id', sa.Uuid(), nullable=True))
    op.create_foreign_key('conversation_hub_id_fkey', 'conversation', 'hub', ['hub_id'], ['id'])
    op.create_index(op.f('ix_conversation_hub_id'), 'conversation', ['hub_id'], unique=False)
    op.create_table('staff_session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('browser', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('began_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('seen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('digest')
    )
    op.create_index(op.f('ix_staff_session_staff_id'), 'staff_session', ['staff_id'], unique=False)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('staff_session')
    op.drop_index(op.f('ix_conversation_hub_id'), table_name='conversation')
    op.drop_column('conversation', 'hub_id')
    op.drop_column('staff', 'ended_at')
    op.drop_column('staff', 'hub_id')
    op.drop_column('staff', 'role')
    op.drop_table('hub')
