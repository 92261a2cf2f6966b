"""Model judges: members of the committee that ask a language model, and believe only what can be checked."""

from propound.verification.judges.judge import JudgeVerifier, Respondent, open_judges
from propound.verification.judges.seats import poll, seated

__all__ = ["JudgeVerifier", "Respondent", "open_judges", "poll", "seated"]
