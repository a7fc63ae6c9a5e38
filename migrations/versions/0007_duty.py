"""Duty: who is told of danger, when again, and what became of it.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version. Alarms from before are taken as seen, but for those still waiting."""
    op.add_column('alarm', sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('alarm', sa.Column('settled_by', sa.Uuid(), nullable=True))
    op.add_column('alarm', sa.Column('verdict', sa.Enum('picked_up', 'acted_on', 'a_way_of_speaking', 'about_the_past', 'about_someone_else', 'already_safe', 'a_try', name='verdict', native_enum=False, length=40), nullable=True))
    op.create_foreign_key('alarm_settled_by_fkey', 'alarm', 'staff', ['settled_by'], ['id'])
    op.execute("UPDATE alarm SET settled_at = raised_at, verdict = 'picked_up' WHERE NOT EXISTS (SELECT 1 FROM handoff h WHERE h.conversation_id = alarm.conversation_id AND h.status = 'waiting')")
    op.create_index('ix_alarm_unsettled', 'alarm', ['conversation_id'], unique=False, postgresql_where=sa.text('settled_at IS NULL'))
    op.create_table('duty',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('days', sa.SmallInteger(), nullable=False),
    sa.Column('starts', sa.Time(), nullable=False),
    sa.Column('ends', sa.Time(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], ),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('duty_call',
    sa.Column('alarm_id', sa.Uuid(), nullable=False),
    sa.Column('step', sa.SmallInteger(), nullable=False),
    sa.Column('told', sa.SmallInteger(), nullable=False),
    sa.Column('called_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['alarm_id'], ['alarm.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('alarm_id', 'step')
    )


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table('duty_call')
    op.drop_table('duty')
    op.drop_index('ix_alarm_unsettled', table_name='alarm')
    op.drop_constraint('alarm_settled_by_fkey', 'alarm', type_='foreignkey')
    op.drop_column('alarm', 'verdict')
    op.drop_column('alarm', 'settled_by')
    op.drop_column('alarm', 'settled_at')
