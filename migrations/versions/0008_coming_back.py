"""Coming back: reminders in silence, and records that may be of one person.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('person_mark',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('mark', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'mark')
    )
    op.create_index(op.f('ix_person_mark_mark'), 'person_mark', ['mark'], unique=False)
    op.create_table('person_match',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('earlier_id', sa.Uuid(), nullable=False),
    sa.Column('later_id', sa.Uuid(), nullable=False),
    sa.Column('sureness', sa.Enum('certain', 'likely', name='sureness', native_enum=False, length=40), nullable=False),
    sa.Column('status', sa.Enum('waiting', 'joined', 'kept_apart', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('found_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('decided_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['decided_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('uq_person_match', 'person_match', ['earlier_id', 'later_id'], unique=True)
    op.create_index('ix_person_match_later', 'person_match', ['later_id'], unique=False)
    op.create_index('ix_person_match_waiting', 'person_match', ['found_at'], unique=False, postgresql_where=sa.text("status = 'waiting'"))
    op.create_table('reminder',
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('noted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id')
    )
    op.create_index('ix_conversation_half_way', 'conversation', ['heard_at'], unique=False, postgresql_where=sa.text('person_id IS NULL AND clear_at IS NULL'))


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_index('ix_conversation_half_way', table_name='conversation', postgresql_where=sa.text('person_id IS NULL AND clear_at IS NULL'))
    op.drop_table('reminder')
    op.drop_table('person_match')
    op.drop_table('person_mark')
