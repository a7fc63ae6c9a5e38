"""Work: tasks, notes, transfers, the caseload.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_index(op.f('ix_handoff_conversation_id'), 'handoff', ['conversation_id'], unique=False)
    op.add_column('handoff', sa.Column('weight', sa.SmallInteger(), nullable=True))
    op.create_table('to_do',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('for_id', sa.Uuid(), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=True),
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('only_once', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('done_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('done_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['done_by'], ['staff.id']),
    sa.ForeignKeyConstraint(['for_id'], ['staff.id']),
    sa.ForeignKeyConstraint(['set_by'], ['staff.id']),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('only_once')
    )
    op.create_index(op.f('ix_to_do_conversation_id'), 'to_do', ['conversation_id'], unique=False)
    op.create_index('ix_to_do_open', 'to_do', ['for_id', 'due_on'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('private_note',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.Column('third_party', sa.Boolean(), nullable=False),
    sa.Column('written_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('changed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_private_note_conversation_id'), 'private_note', ['conversation_id'], unique=False)
    op.create_table('transfer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('handoff_id', sa.Uuid(), nullable=False),
    sa.Column('from_id', sa.Uuid(), nullable=False),
    sa.Column('to_id', sa.Uuid(), nullable=False),
    sa.Column('done_by', sa.Uuid(), nullable=False),
    sa.Column('why', sa.LargeBinary(), nullable=False),
    sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('tell_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('told_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['done_by'], ['staff.id']),
    sa.ForeignKeyConstraint(['from_id'], ['staff.id']),
    sa.ForeignKeyConstraint(['handoff_id'], ['handoff.id']),
    sa.ForeignKeyConstraint(['to_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_transfer_handoff_id'), 'transfer', ['handoff_id'], unique=False)
    op.create_index('ix_transfer_untold', 'transfer', ['tell_at'], unique=False, postgresql_where=sa.text('told_at IS NULL'))
    op.create_table('load_cap',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('weight', sa.SmallInteger(), nullable=False),
    sa.Column('set_by', sa.Uuid(), nullable=False),
    sa.Column('set_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['set_by'], ['staff.id']),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('staff_id')
    )
    op.create_table('help',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('helper_id', sa.Uuid(), nullable=False),
    sa.Column('asked_by', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('why', sa.LargeBinary(), nullable=False),
    sa.Column('outcome', sa.LargeBinary(), nullable=True),
    sa.Column('minutes', sa.SmallInteger(), nullable=True),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['asked_by'], ['staff.id']),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id']),
    sa.ForeignKeyConstraint(['helper_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_help_conversation_id'), 'help', ['conversation_id'], unique=False)
    op.create_index('ix_help_open', 'help', ['helper_id'], unique=False, postgresql_where=sa.text("status IN ('asked', 'offered', 'accepted')"))
    op.create_table('person_word',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('words', sa.ARRAY(sa.LargeBinary()), nullable=False),
    sa.Column('born', sa.ARRAY(sa.LargeBinary()), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id')
    )
    op.create_index('ix_person_word_words', 'person_word', ['words'], unique=False, postgresql_using='gin')


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_index(op.f('ix_handoff_conversation_id'), table_name='handoff')
    for table in ('person_word', 'help', 'load_cap', 'transfer', 'private_note', 'to_do'):
        op.drop_table(table)
    op.drop_column('handoff', 'weight')
