"""Directory: services near people, where they came from, and what somebody saved.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('feed',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('address', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('page', sa.Integer(), nullable=False),
    sa.Column('pages', sa.Integer(), nullable=True),
    sa.Column('taken', sa.Integer(), nullable=False),
    sa.Column('left_out', sa.Integer(), nullable=False),
    sa.Column('began_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('address')
    )
    op.create_table('feed_problem',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('feed_id', sa.Uuid(), nullable=False),
    sa.Column('record_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('met_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feed.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_feed_problem_feed', 'feed_problem', ['feed_id', 'met_at'], unique=False)
    op.create_table('service',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('feed_id', sa.Uuid(), nullable=False),
    sa.Column('source_id', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('about', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('organisation', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('phone', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('email', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('web', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('needs', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('words', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('postcode', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('outward', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=True),
    sa.Column('longitude', sa.Float(), nullable=True),
    sa.Column('virtual', sa.Boolean(), nullable=False),
    sa.Column('price', sa.Enum('free', 'paid', 'unknown', name='price', native_enum=False, length=40), nullable=False),
    sa.Column('pence', sa.Integer(), nullable=True),
    sa.Column('price_words', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('help_words', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('step_free', sa.Boolean(), nullable=True),
    sa.Column('access', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('languages', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('days', sa.SmallInteger(), nullable=False),
    sa.Column('times', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('age_from', sa.Integer(), nullable=True),
    sa.Column('age_to', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('active', 'temporarily_closed', 'inactive', 'defunct', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('assured_on', sa.Date(), nullable=True),
    sa.Column('modified_on', sa.Date(), nullable=True),
    sa.Column('last_seen_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feed.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('uq_service_source', 'service', ['feed_id', 'source_id'], unique=True)
    op.create_index('ix_service_words', 'service', ['words'], unique=False, postgresql_using='gin', postgresql_with={'fastupdate': 'off'})
    op.create_index('ix_service_needs', 'service', ['needs'], unique=False, postgresql_using='gin', postgresql_with={'fastupdate': 'off'})
    op.create_index('ix_service_latitude', 'service', ['latitude'], unique=False, postgresql_where=sa.text("status IN ('active', 'temporarily_closed')"))
    op.create_table('service_word',
    sa.Column('word', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.PrimaryKeyConstraint('word')
    )
    op.create_table('saved_service',
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('saved_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id', 'service_id')
    )
    op.create_table('signpost',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=True),
    sa.Column('chosen_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ask_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('went', sa.Enum('yes', 'not_yet', 'not_for_me', name='went', native_enum=False, length=40), nullable=True),
    sa.Column('answered_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('referral_id')
    )
    op.create_index(op.f('ix_signpost_conversation_id'), 'signpost', ['conversation_id'], unique=False)
    op.create_index('ix_signpost_ask_at', 'signpost', ['ask_at'], unique=False, postgresql_where=sa.text('asked_at IS NULL'))
    op.add_column('referral', sa.Column('help_with_costs_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))


def downgrade() -> None:
    """Take this version's tables away again."""
    op.drop_column('referral', 'help_with_costs_at')
    op.drop_table('signpost')
    op.drop_table('saved_service')
    op.drop_table('service_word')
    op.drop_table('service')
    op.drop_table('feed_problem')
    op.drop_table('feed')
