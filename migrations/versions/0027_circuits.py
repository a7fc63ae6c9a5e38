"""Circuits: which provider has failed, and when it is tried again.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this version."""
    op.create_table(
        "circuit",
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("troubles", sa.Integer(), nullable=False),
        sa.Column("last_letter", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("probe_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("probing", sa.Boolean(), nullable=False),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )


def downgrade() -> None:
    """Bring the tables back to the version before."""
    op.drop_table("circuit")
