"""Groups: befriending groups, who is in them, and their sessions.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('befriending_group',
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('way_in', sa.LargeBinary(), nullable=True),
    sa.Column('way_in_no', sa.Integer(), nullable=False),
    sa.Column('paused_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('group_host',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('group_key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('staff_id', 'group_key')
    )
    op.create_table('membership',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('group_key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Enum('listed', 'offered', 'member', 'left', 'lapsed', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('reminders', sa.Boolean(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('answer_by', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('group_key', 'conversation_id')
    )
    op.create_index('ix_membership_status', 'membership', ['group_key', 'status', 'asked_at'], unique=False)
    op.create_index(op.f('ix_membership_conversation_id'), 'membership', ['conversation_id'], unique=False)
    op.create_table('meeting_note',
    sa.Column('membership_id', sa.Uuid(), nullable=False),
    sa.Column('meets_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('what', sa.Enum('reminder', 'way_in', 'called_off', 'how_was_it', name='what', native_enum=False, length=40), nullable=False),
    sa.Column('no', sa.SmallInteger(), nullable=False),
    sa.Column('noted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('good', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('membership_id', 'meets_at', 'what', 'no')
    )
    op.add_column('consent', sa.Column('which', sqlmodel.sql.sqltypes.AutoString(), nullable=True))


def downgrade() -> None:
    """Take this version's tables away again."""
    op.drop_column('consent', 'which')
    op.drop_table('meeting_note')
    op.drop_table('membership')
    op.drop_table('group_host')
    op.drop_table('befriending_group')
