"""Audit: who saw and did what; breaking the glass.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


T = sqlmodel.sql.sqltypes.UTCDateTime
STANDS = """
CREATE FUNCTION audit_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('waitingroom.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what was noted stands' USING ERRCODE = 'integrity_constraint_violation';
END
$$
"""
GUARD = """
CREATE TRIGGER audit_entry_stands BEFORE UPDATE OR DELETE ON audit_entry
FOR EACH ROW EXECUTE FUNCTION audit_stands()
"""


def upgrade() -> None:
    """Bring the tables to this version. What was noted cannot be changed, and only retention deletes it."""
    op.create_table('audit_entry',
    sa.Column('place', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('at', T(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=True),
    sa.Column('by', sa.String(length=40), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('hub_id', sa.Uuid(), nullable=True),
    sa.Column('conversation_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('record', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('link', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('place')
    )
    op.create_index('ix_audit_entry_staff', 'audit_entry', ['staff_id', 'place'], unique=False)
    op.create_index('ix_audit_entry_hub', 'audit_entry', ['hub_id', 'place'], unique=False)
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at'], unique=False)
    op.create_index('ix_audit_entry_person', 'audit_entry', ['person_id', 'place'], unique=False, postgresql_where=sa.text('person_id IS NOT NULL'))
    op.create_index('ix_audit_entry_talk', 'audit_entry', ['conversation_id', 'place'], unique=False, postgresql_where=sa.text('conversation_id IS NOT NULL'))
    op.execute(STANDS)
    op.execute(GUARD)
    op.create_table('audit_head',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('first', sa.BigInteger(), nullable=False),
    sa.Column('start', sa.LargeBinary(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.Column('link', sa.LargeBinary(), nullable=False),
    sa.Column('mark', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('broken_glass',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('staff_id', sa.Uuid(), nullable=False),
    sa.Column('hub_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('broken_at', T(), nullable=False),
    sa.Column('until', T(), nullable=False),
    sa.ForeignKeyConstraint(['hub_id'], ['hub.id']),
    sa.ForeignKeyConstraint(['person_id'], ['person.id']),
    sa.ForeignKeyConstraint(['staff_id'], ['staff.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index(op.f('ix_broken_glass_person_id'), 'broken_glass', ['person_id'], unique=False)
    op.create_index(op.f('ix_broken_glass_staff_id'), 'broken_glass', ['staff_id'], unique=False)


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table('broken_glass')
    op.drop_table('audit_head')
    op.drop_table('audit_entry')
    op.execute('DROP FUNCTION audit_stands()')
