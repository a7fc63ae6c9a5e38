"""The foundation: people, talks, messages, consents, referrals, the waiting room, hand-offs, and the queue.

Revision ID: 0001
Revises: 
"""

import re

import sqlalchemy as sa
import sqlmodel
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def _literal(query: str) -> str:
    """Keep the queue's own SQL as it is: a colon in it is not a parameter."""
    return re.sub(r"(?<!:):(?!:)", r"\\:", query)


def upgrade() -> None:
    """Bring the tables to this version."""
    op.execute(sa.text(_literal(QueryBuilderEnvironment().build_install_query())))
    op.create_table('person',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('about', sa.LargeBinary(), nullable=False),
    sa.Column('safe_contact', sa.LargeBinary(), nullable=False),
    sa.Column('area', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('rate',
    sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('full_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('staff',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_staff_name'), 'staff', ['name'], unique=False)
    op.create_table('conversation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('place', sa.Enum('front_door', 'waiting_room', name='place', native_enum=False, length=40), nullable=False),
    sa.Column('owner', sa.Enum('bot', 'link_worker', name='owner', native_enum=False, length=40), nullable=False),
    sa.Column('owned_by', sa.Uuid(), nullable=True),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('talk', sa.LargeBinary(), nullable=True),
    sa.Column('lane_until', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('lane_holder', sa.Uuid(), nullable=True),
    sa.Column('clear_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('heard_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['owned_by'], ['staff.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_conversation_clear_at', 'conversation', ['clear_at'], unique=False, postgresql_where=sa.text('clear_at IS NOT NULL'))
    op.create_index(op.f('ix_conversation_person_id'), 'conversation', ['person_id'], unique=False)
    op.create_table('idempotent_reply',
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('asked', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('etag', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('made_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('staff_id', 'key_hash')
    )
    op.create_index(op.f('ix_idempotent_reply_made_at'), 'idempotent_reply', ['made_at'], unique=False)
    op.create_table('staff_key',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('scopes', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('ends_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('digest')
    )
    op.create_table('alarm',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('heard', sa.LargeBinary(), nullable=False),
    sa.Column('raised_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_alarm_conversation_id'), 'alarm', ['conversation_id'], unique=False)
    op.create_table('consent',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Enum('referral', name='purpose', native_enum=False, length=40), nullable=False),
    sa.Column('recipient', sa.Enum('link_worker', name='recipient', native_enum=False, length=40), nullable=False),
    sa.Column('wording', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('wording_version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('evidence', sa.BigInteger(), nullable=False),
    sa.Column('given_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('withdrawn_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_consent_conversation_id'), 'consent', ['conversation_id'], unique=False)
    op.create_table('contact',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('address_hash', sa.LargeBinary(), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.Enum('open', 'stopped', 'unreachable', name='contactstate', native_enum=False, length=40), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('heard_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('channel', 'address_hash')
    )
    op.create_index(op.f('ix_contact_conversation_id'), 'contact', ['conversation_id'], unique=False)
    op.create_table('referral',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('reference', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('source', sa.Enum('self', name='source', native_enum=False, length=40), nullable=False),
    sa.Column('status', sa.Enum('waiting', 'picked_up', 'closed', 'withdrawn', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('needs', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('what_matters', sa.LargeBinary(), nullable=False),
    sa.Column('joined_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('picked_up_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('close_reason', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('reference')
    )
    op.create_index(op.f('ix_referral_conversation_id'), 'referral', ['conversation_id'], unique=False)
    op.create_index(op.f('ix_referral_person_id'), 'referral', ['person_id'], unique=False)
    op.create_index('ix_referral_picked_up', 'referral', ['picked_up_at'], unique=False, postgresql_where=sa.text('picked_up_at IS NOT NULL'))
    op.create_index('uq_referral_open', 'referral', ['conversation_id'], unique=True, postgresql_where=sa.text("status IN ('waiting', 'picked_up')"))
    op.create_table('activity',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('call', 'text', 'visit', 'video', 'letter', 'liaison', 'other', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=True),
    sa.Column('done_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_activity_referral_id'), 'activity', ['referral_id'], unique=False)
    op.create_table('handoff',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=True),
    sa.Column('reasons', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('urgency', sa.SmallInteger(), nullable=False),
    sa.Column('status', sa.Enum('waiting', 'claimed', 'handed_back', 'closed', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('raised_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('claimed_by', sa.Uuid(), nullable=True),
    sa.Column('claimed_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('ended_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['claimed_by'], ['staff.id'], ),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_handoff_queue', 'handoff', ['urgency', 'raised_at', 'id'], unique=False, postgresql_where=sa.text("status IN ('waiting', 'claimed')"))
    op.create_index('uq_handoff_open', 'handoff', ['conversation_id'], unique=True, postgresql_where=sa.text("status IN ('waiting', 'claimed')"))
    op.create_table('message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('contact_id', sa.Uuid(), nullable=False),
    sa.Column('author', sa.Enum('person', 'bot', 'link_worker', name='author', native_enum=False, length=40), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=True),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('dedupe', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('status', sa.Enum('heard', 'unreadable', 'queued', 'sending', 'sent', 'dead', 'failed', 'delivered', 'read', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('provider_id', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('maybe_twice', sa.Boolean(), nullable=False),
    sa.Column('problem', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('settled_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], ),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('dedupe')
    )
    op.create_index('ix_message_conversation', 'message', ['conversation_id', 'id'], unique=False)
    op.create_index('ix_message_dead', 'message', ['id'], unique=False, postgresql_where=sa.text("status IN ('dead', 'unreadable')"))
    op.create_index('ix_message_provider', 'message', ['provider_id'], unique=False, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.create_index('ix_message_unsent', 'message', ['next_try_at'], unique=False, postgresql_where=sa.text("status IN ('queued', 'sending')"))
    op.create_table('sent_step',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('step', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('sent_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('uq_sent_step', 'sent_step', ['referral_id', 'step'], unique=True)
    op.create_table('waiting',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('programme', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('pace', sa.Enum('active', 'paused', 'left', name='pace', native_enum=False, length=40), nullable=False),
    sa.Column('joined_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.Column('next_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('referral_id')
    )
    op.create_index(op.f('ix_waiting_conversation_id'), 'waiting', ['conversation_id'], unique=False)
    op.create_index('ix_waiting_next_at', 'waiting', ['next_at'], unique=False, postgresql_where=sa.text("pace = 'active'"))


def downgrade() -> None:
    """Take them back to the version before."""
    op.execute(sa.text(_literal(QueryBuilderEnvironment().build_uninstall_query())))
    op.drop_index('ix_waiting_next_at', table_name='waiting', postgresql_where=sa.text("pace = 'active'"))
    op.drop_index(op.f('ix_waiting_conversation_id'), table_name='waiting')
    op.drop_table('waiting')
    op.drop_index('uq_sent_step', table_name='sent_step')
    op.drop_table('sent_step')
    op.drop_index('ix_message_unsent', table_name='message', postgresql_where=sa.text("status IN ('queued', 'sending')"))
    op.drop_index('ix_message_provider', table_name='message', postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.drop_index('ix_message_dead', table_name='message', postgresql_where=sa.text("status IN ('dead', 'unreadable')"))
    op.drop_index('ix_message_conversation', table_name='message')
    op.drop_table('message')
    op.drop_index('uq_handoff_open', table_name='handoff', postgresql_where=sa.text("status IN ('waiting', 'claimed')"))
    op.drop_index('ix_handoff_queue', table_name='handoff', postgresql_where=sa.text("status IN ('waiting', 'claimed')"))
    op.drop_table('handoff')
    op.drop_index(op.f('ix_activity_referral_id'), table_name='activity')
    op.drop_table('activity')
    op.drop_index('uq_referral_open', table_name='referral', postgresql_where=sa.text("status IN ('waiting', 'picked_up')"))
    op.drop_index('ix_referral_picked_up', table_name='referral', postgresql_where=sa.text('picked_up_at IS NOT NULL'))
    op.drop_index(op.f('ix_referral_person_id'), table_name='referral')
    op.drop_index(op.f('ix_referral_conversation_id'), table_name='referral')
    op.drop_table('referral')
    op.drop_index(op.f('ix_contact_conversation_id'), table_name='contact')
    op.drop_table('contact')
    op.drop_index(op.f('ix_consent_conversation_id'), table_name='consent')
    op.drop_table('consent')
    op.drop_index(op.f('ix_alarm_conversation_id'), table_name='alarm')
    op.drop_table('alarm')
    op.drop_table('staff_key')
    op.drop_index(op.f('ix_idempotent_reply_made_at'), table_name='idempotent_reply')
    op.drop_table('idempotent_reply')
    op.drop_index(op.f('ix_conversation_person_id'), table_name='conversation')
    op.drop_index('ix_conversation_clear_at', table_name='conversation', postgresql_where=sa.text('clear_at IS NOT NULL'))
    op.drop_table('conversation')
    op.drop_index(op.f('ix_staff_name'), table_name='staff')
    op.drop_table('staff')
    op.drop_table('rate')
    op.drop_table('person')
