"""Reports: what is counted for them.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('question_tally',
    sa.Column('flow', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('question', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('answered', sa.Integer(), nullable=False),
    sa.Column('stopped_here', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('flow', 'question', 'on_day')
    )
    op.create_index('ix_referral_joined_at', 'referral', ['joined_at'], unique=False)
    op.create_index(op.f('ix_activity_done_at'), 'activity', ['done_at'], unique=False)
    op.create_index('ix_message_by_staff', 'message', ['created_at'], unique=False, postgresql_where=sa.text("author = 'link_worker'"))
    op.create_index('ix_message_created_at', 'message', ['created_at'], unique=False, postgresql_using='brin')


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_index('ix_message_created_at', table_name='message')
    op.drop_index('ix_message_by_staff', table_name='message')
    op.drop_index(op.f('ix_activity_done_at'), table_name='activity')
    op.drop_index('ix_referral_joined_at', table_name='referral')
    op.drop_table('question_tally')
