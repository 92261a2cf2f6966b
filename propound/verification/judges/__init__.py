"""Model judges and the auditor: members of the committee that ask a language model, and believe what can be checked."""

from propound.models.marks import Marks
from propound.verification.judges.auditor import ModelAuditor
from propound.verification.judges.judge import PARTS, Judge
from propound.verification.judges.opening import check_judges, judge_seats, open_auditor, open_judges
from propound.verification.judges.seats import poll, seated

__all__ = [
    "PARTS",
    "Judge",
    "Marks",
    "ModelAuditor",
    "check_judges",
    "judge_seats",
    "open_auditor",
    "open_judges",
    "poll",
    "seated",
]
