"""The programme: how often someone wants to hear from us, and what helped.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.add_column('waiting', sa.Column('tempo', sa.Enum('less', 'usual', 'more', name='tempo', native_enum=False, length=40), nullable=True))
    op.create_table('piece_answer',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('said', sa.Enum('helped', 'did_not_help', 'not_for_me', name='said', native_enum=False, length=40), nullable=False),
    sa.Column('said_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.PrimaryKeyConstraint('referral_id', 'item')
    )
    op.create_table('piece_tally',
    sa.Column('item', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('helped', sa.Integer(), nullable=False),
    sa.Column('did_not_help', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('item')
    )


def downgrade() -> None:
    """Take this version's tables away again."""
    op.drop_table('piece_tally')
    op.drop_table('piece_answer')
    op.drop_column('waiting', 'tempo')
