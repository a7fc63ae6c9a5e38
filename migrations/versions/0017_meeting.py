"""Meeting: appointments, messages for later, silence of staff.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


WAYS = ('call', 'video', 'visit', 'place')
STATUSES = ('offered', 'accepted', 'declined', 'lapsed', 'cancelled', 'called_off', 'kept', 'missed')
LATER = ('waiting', 'sent', 'cancelled', 'not_sent')
STAGES = ('waiting', 'reminded', 'given_back')


def upgrade() -> None:
    """Bring the tables to this version."""
    moment = sqlmodel.sql.sqltypes.UTCDateTime()
    op.create_table('appointment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('way', sa.Enum(*WAYS, name='way', native_enum=False, length=40), nullable=False),
    sa.Column('place', sa.LargeBinary(), nullable=True),
    sa.Column('minutes', sa.SmallInteger(), nullable=False),
    sa.Column('offered', sa.ARRAY(moment), nullable=False),
    sa.Column('starts_at', moment, nullable=True),
    sa.Column('ends_at', moment, nullable=True),
    sa.Column('status', sa.Enum(*STATUSES, name='status', native_enum=False, length=40), nullable=False),
    sa.Column('told', sa.SmallInteger(), nullable=False),
    sa.Column('next_at', moment, nullable=True),
    sa.Column('made_at', moment, nullable=False),
    sa.Column('answered_at', moment, nullable=True),
    sa.Column('settled_at', moment, nullable=True),
    sa.Column('settled_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.ForeignKeyConstraint(['settled_by'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_appointment_conversation_id'), 'appointment', ['conversation_id'], unique=False)
    op.create_index('ix_appointment_next', 'appointment', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_appointment_diary', 'appointment', ['staff_id', 'starts_at'], unique=False, postgresql_where=sa.text("status = 'accepted'"))
    op.create_table('later_message',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('handoff_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.Column('send_at', moment, nullable=False),
    sa.Column('anyway', sa.Boolean(), nullable=False),
    sa.Column('status', sa.Enum(*LATER, name='status', native_enum=False, length=40), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=True),
    sa.Column('made_at', moment, nullable=False),
    sa.Column('settled_at', moment, nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoff.id']),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_later_message_conversation_id'), 'later_message', ['conversation_id'], unique=False)
    op.create_index('ix_later_message_due', 'later_message', ['send_at', 'id'], unique=False, postgresql_where=sa.text("status = 'waiting'"))
    op.create_table('unanswered',
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('since_at', moment, nullable=False),
    sa.Column('stage', sa.Enum(*STAGES, name='stage', native_enum=False, length=40), nullable=False),
    sa.Column('due_at', moment, nullable=False),
    sa.Column('to_tell', sa.Boolean(), nullable=False),
    sa.Column('next_at', moment, nullable=False),
    sa.Column('told_for', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id')
    )
    op.create_index('ix_unanswered_next', 'unanswered', ['next_at'], unique=False)
    op.create_table('staff_away',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('cover_id', sa.Uuid(), nullable=True),
    sa.Column('made_at', moment, nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.ForeignKeyConstraint(['cover_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('staff_id')
    )


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('staff_away')
    op.drop_table('unanswered')
    op.drop_table('later_message')
    op.drop_table('appointment')
