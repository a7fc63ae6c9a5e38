"""The head of the audit, told to the log once a day: whoever keeps the logs elsewhere can find a cut by it."""

from datetime import datetime

from api.logs import log
from bot.desk import Desk
from waitingroom import audit_check


async def tell_audit_head(desk: Desk, *, now: datetime) -> None:
    """Log the head as it is: `waitingroom audit verify --head` takes it."""
    async with desk.database.transaction() as session:
        head = await audit_check.head(session)
    log.info("audit head", head=head)
