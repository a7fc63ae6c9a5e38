"""Someone else: people whom others told us of, their own yes or no, and those who decide for them by law.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('consent', sa.Column('given_by', sa.Enum('attorney', 'deputy', name='givenby', native_enum=False, length=40), nullable=True))
    op.create_table('introduction',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('told_in_id', sa.Uuid(), nullable=False),
    sa.Column('asked_in_id', sa.Uuid(), nullable=True),
    sa.Column('relationship', sa.Enum('partner', 'parent', 'child', 'other_family', 'friend', 'neighbour', 'carer', 'professional', name='relationship', native_enum=False, length=40), nullable=False),
    sa.Column('way', sa.Enum('text', 'call', name='way', native_enum=False, length=40), nullable=False),
    sa.Column('status', sa.Enum('to_ask', 'held', 'to_call', 'awaiting_person', 'authority_unverified', 'agreed', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('number_hash', sa.LargeBinary(), nullable=True),
    sa.Column('told', sa.LargeBinary(), nullable=False),
    sa.Column('told_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('next_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('reminded_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('evidence', sa.BigInteger(), nullable=True),
    sa.Column('released_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['told_in_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['asked_in_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['decided_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_introduction_told_in_id'), 'introduction', ['told_in_id'], unique=False)
    op.create_index(op.f('ix_introduction_asked_in_id'), 'introduction', ['asked_in_id'], unique=False)
    op.create_index('ix_introduction_next_at', 'introduction', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_introduction_open', 'introduction', ['told_at'], unique=False, postgresql_where=sa.text("status <> 'agreed'"))
    op.create_index(op.f('ix_introduction_number_hash'), 'introduction', ['number_hash'], unique=False)
    op.create_table('authority',
    sa.Column('introduction_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('attorney', 'deputy', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('consent_id', sa.Uuid(), nullable=False),
    sa.Column('about', sa.LargeBinary(), nullable=False),
    sa.Column('checked_by', sa.Uuid(), nullable=True),
    sa.Column('checked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['introduction_id'], ['introduction.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['checked_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('introduction_id')
    )
    op.create_table('do_not_ask',
    sa.Column('number_hash', sa.LargeBinary(), nullable=False),
    sa.Column('noted_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ends_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('number_hash')
    )


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table('do_not_ask')
    op.drop_table('authority')
    op.drop_table('introduction')
    op.drop_column('consent', 'given_by')
