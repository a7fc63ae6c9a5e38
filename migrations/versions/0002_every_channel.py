"""Every channel: why a message went and what it cost, what was sent with it, talks that cross from one to another.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('message', sa.Column('kind', sa.Enum('heard', 'answer', 'crisis', 'staff', 'started', name='kind', native_enum=False, length=40), nullable=False, server_default='answer'))
    op.execute("UPDATE message SET kind = CASE author WHEN 'person' THEN 'heard' WHEN 'link_worker' THEN 'staff' ELSE 'answer' END")
    op.alter_column('message', 'kind', server_default=None)
    op.add_column('message', sa.Column('segments', sa.Integer(), nullable=False, server_default='0'))
    op.alter_column('message', 'segments', server_default=None)
    op.add_column('conversation', sa.Column('contact_id', sa.Uuid(), nullable=True))
    op.execute("UPDATE conversation v SET contact_id = (SELECT c.id FROM contact c WHERE c.conversation_id = v.id ORDER BY c.heard_at DESC LIMIT 1)")
    op.drop_index('ix_message_provider', table_name='message')
    op.create_table('raw_letter',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.LargeBinary(), nullable=False),
    sa.Column('problem', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('digest')
    )
    op.create_index(op.f('ix_raw_letter_created_at'), 'raw_letter', ['created_at'], unique=False)
    op.create_table('spend',
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('segments', sa.Integer(), nullable=False),
    sa.Column('held', sa.Integer(), nullable=False),
    sa.Column('told', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'on_day')
    )
    op.create_table('crossing',
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('ends_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_index(op.f('ix_crossing_conversation_id'), 'crossing', ['conversation_id'], unique=False)
    op.create_table('attachment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('conversation_id', sa.Uuid(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('kind', sa.Enum('voice', 'picture', 'file', name='kind', native_enum=False, length=40), nullable=False),
    sa.Column('status', sa.Enum('wanted', 'kept', 'too_big', 'too_many', 'gone', name='status', native_enum=False, length=40), nullable=False),
    sa.Column('mime', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('ref', sa.LargeBinary(), nullable=False),
    sa.Column('body', sa.LargeBinary(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.Column('problem', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('created_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_attachment_conversation_id'), 'attachment', ['conversation_id'], unique=False)
    op.create_index(op.f('ix_attachment_message_id'), 'attachment', ['message_id'], unique=False)
    op.create_index('ix_attachment_wanted', 'attachment', ['next_try_at'], unique=False, postgresql_where=sa.text("status = 'wanted'"))
    op.add_column('conversation', sa.Column('before_id', sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Take them back to the version before."""
    op.drop_column('conversation', 'before_id')
    op.drop_index('ix_attachment_wanted', table_name='attachment', postgresql_where=sa.text("status = 'wanted'"))
    op.drop_index(op.f('ix_attachment_message_id'), table_name='attachment')
    op.drop_index(op.f('ix_attachment_conversation_id'), table_name='attachment')
    op.drop_table('attachment')
    op.drop_index(op.f('ix_crossing_conversation_id'), table_name='crossing')
    op.drop_table('crossing')
    op.drop_table('spend')
    op.drop_index(op.f('ix_raw_letter_created_at'), table_name='raw_letter')
    op.drop_table('raw_letter')
    op.create_index('ix_message_provider', 'message', ['provider_id'], unique=False, postgresql_where=sa.text('provider_id IS NOT NULL'))
    op.drop_column('conversation', 'contact_id')
    op.drop_column('message', 'segments')
    op.drop_column('message', 'kind')
