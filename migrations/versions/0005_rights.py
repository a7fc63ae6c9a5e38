"""Rights: notices shown, consents of every kind, complaints, requests about one's own data.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('contact', sa.Column('state_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('contact', sa.Column('proved_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column('conversation', sa.Column('language_wanted', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.add_column('conversation', sa.Column('interpreter_wanted', sa.Boolean(), nullable=True))
    op.create_table('notice_shown',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('showing', sa.Enum('with_consent', 'asked_for', name='showing', native_enum=False, length=40), nullable=False),
    sa.Column('shown_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('uq_notice_shown', 'notice_shown', ['conversation_id', 'version', 'language', 'channel', 'showing'], unique=True)
    op.create_table('complaint',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.Enum('received', 'acknowledged', 'answered', 'closed', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('outcome', sa.Enum('upheld', 'partly_upheld', 'not_upheld', 'taken_back', name='outcome', native_enum=False, length=40), nullable=True),
    sa.Column('received_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('acknowledged_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('closed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('handled_by', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['handled_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('reference')
    )
    op.create_index(op.f('ix_complaint_conversation_id'), 'complaint', ['conversation_id'], unique=False)
    op.create_index('ix_complaint_due', 'complaint', ['due_on', 'received_at'], unique=False, postgresql_where=sa.text("status <> 'closed'"))
    op.create_table('data_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Enum('access', 'correction', 'erasure', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=True),
    sa.Column('status', sa.Enum('open', 'done', 'refused', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('received_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_by', sa.Uuid(), nullable=True),
    sa.Column('rows_deleted', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['ended_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_data_request_conversation_id'), 'data_request', ['conversation_id'], unique=False)
    op.create_index('ix_data_request_due', 'data_request', ['due_on', 'received_at'], unique=False, postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table('data_request')
    op.drop_table('complaint')
    op.drop_table('notice_shown')
    op.drop_column('conversation', 'interpreter_wanted')
    op.drop_column('conversation', 'language_wanted')
    op.drop_column('contact', 'proved_at')
    op.drop_column('contact', 'state_at')
