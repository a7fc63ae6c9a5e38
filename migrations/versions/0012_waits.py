"""Waits: what people were told of their wait, and how they are while they wait.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

ASKS = ('things', 'stay')
ANSWERS = ('better', 'same', 'worse', 'yes', 'no', 'not_sure', 'own_words', 'silence')


def upgrade() -> None:
    """Bring the tables to this version.

    Until now being picked up stopped the clock: for whoever was, it stands as their first contact.
    """
    op.add_column('activity', sa.Column('attended', sa.Boolean(), nullable=True))
    op.add_column('referral', sa.Column('contacted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.execute('UPDATE referral SET contacted_at = picked_up_at WHERE picked_up_at IS NOT NULL')
    op.create_index('ix_referral_to_contact', 'referral', ['picked_up_at'], unique=False, postgresql_where=sa.text("status = 'picked_up' AND contacted_at IS NULL"))
    op.create_table('wait_range',
    sa.Column('first', sa.Boolean(), nullable=False),
    sa.Column('joined_on', sa.Date(), nullable=False),
    sa.Column('from_weeks', sa.Float(), nullable=False),
    sa.Column('to_weeks', sa.Float(), nullable=True),
    sa.Column('middle_on', sa.Date(), nullable=False),
    sa.Column('worked_out_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('first', 'joined_on')
    )
    op.create_table('wait_told',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('joined_on', sa.Date(), nullable=False),
    sa.Column('middle_on', sa.Date(), nullable=True),
    sa.Column('told_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('look_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('referral_id')
    )
    op.create_index('ix_wait_told_middle', 'wait_told', ['joined_on', 'middle_on'], unique=False)
    op.create_table('how_are_you',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('turn', sa.SmallInteger(), nullable=False),
    sa.Column('due_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('asks', sa.Enum(*ASKS, name='asks', native_enum=False, length=40), nullable=True),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answer', sa.Enum(*ANSWERS, name='answer', native_enum=False, length=40), nullable=True),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('referral_id', 'turn')
    )
    op.create_index('ix_how_are_you_due', 'how_are_you', ['due_at'], unique=False, postgresql_where=sa.text('asked_at IS NULL'))
    op.execute("""
        INSERT INTO how_are_you (referral_id, turn, due_at)
        SELECT referral_id, 1, joined_at + interval '7 days' FROM waiting WHERE pace <> 'left'
    """)
    op.create_table('staff_task',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('week_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('call', 'letter', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Enum('to_do', 'done', 'failed', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('tries', sa.SmallInteger(), nullable=False),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.ForeignKeyConstraint(['settled_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('uq_staff_task_week', 'staff_task', ['referral_id', 'week_on'], unique=True)
    op.create_index('ix_staff_task_to_do', 'staff_task', ['due_on', 'id'], unique=False, postgresql_where=sa.text("status = 'to_do'"))


def downgrade() -> None:
    """Take this version's tables away again."""
    op.drop_table('staff_task')
    op.drop_table('how_are_you')
    op.drop_table('wait_told')
    op.drop_table('wait_range')
    op.drop_index('ix_referral_to_contact', table_name='referral', postgresql_where=sa.text("status = 'picked_up' AND contacted_at IS NULL"))
    op.drop_column('referral', 'contacted_at')
    op.drop_column('activity', 'attended')
