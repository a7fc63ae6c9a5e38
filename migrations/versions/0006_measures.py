"""Measures and equality answers, kept apart.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table('sitting',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('occasion', sa.Enum('start', 'later', 'end', name='occasion', native_enum=False, length=40), nullable=False),
    sa.Column('measures', sa.ARRAY(sa.String()), nullable=False),
    sa.Column('answers', sa.LargeBinary(), nullable=False),
    sa.Column('broken_off', sa.Boolean(), nullable=False),
    sa.Column('asked_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_sitting_referral_id'), 'sitting', ['referral_id'], unique=False)
    op.create_index(op.f('ix_sitting_person_id'), 'sitting', ['person_id'], unique=False)
    op.create_table('check_in',
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('set_by', sa.Uuid(), nullable=True),
    sa.Column('declined_at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], ),
    sa.ForeignKeyConstraint(['set_by'], ['staff.id'], ),
    sa.PrimaryKeyConstraint('referral_id')
    )
    op.create_table('equality_answers',
    sa.Column('owner_hash', sa.LargeBinary(), nullable=False),
    sa.Column('answers', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('owner_hash')
    )


def downgrade() -> None:
    """Bring the tables back."""
    op.drop_table('equality_answers')
    op.drop_table('check_in')
    op.drop_index(op.f('ix_sitting_person_id'), table_name='sitting')
    op.drop_index(op.f('ix_sitting_referral_id'), table_name='sitting')
    op.drop_table('sitting')
