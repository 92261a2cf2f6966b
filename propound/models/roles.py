"""Which of the configured roles will not work, or not well, and why: from what was found of each model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from propound.models.catalogue import Catalogue, shared_families
from propound.models.check import Checked
from propound.record import Record

NEEDED = {
    "proposer": (2_048, 8_192),
    "teacher": (4_096, 16_384),
    "solvers": (1_024, 4_096),
    "probers": (1_024, 4_096),
    "judges": (4_096, 16_384),
    "auditor": (4_096, 16_384),
}
"""Tokens of context: fewer than the first, and a role cannot work; fewer than the second, and long episodes are lost.
A judge sees a trace of up to 40,000 characters, and may write 4,096 tokens."""
_DECIDING = ("solvers", "judges", "auditor")


class Weakness(Record):
    """Something that is wrong with a model in a role."""

    role: str
    model: str
    fails: bool
    """Whether the role cannot work at all."""
    why: str


def weaknesses(catalogue: Catalogue, checked: Mapping[str, Checked]) -> list[Weakness]:
    """What is wrong with the roles, those that cannot work first; a model that was not checked is not spoken of."""
    found = [*_of_models(catalogue, checked), *_of_choice(catalogue, checked)]
    return sorted(found, key=lambda each: (not each.fails, list(NEEDED).index(each.role), each.model))


def named(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Names of models by role; what the probers name besides (bundled solvers, checkpoints) is left out."""
    roles, known = catalogue.roles, {model.name for model in catalogue.models}
    return {
        "proposer": (roles.proposer,) if roles.proposer else (),
        "teacher": (roles.teacher,) if roles.teacher else (),
        "solvers": roles.solvers,
        "probers": tuple(name for name in roles.probers if name in known),
        "judges": roles.judges,
        "auditor": (roles.auditor,) if roles.auditor else (),
    }


def _of_models(catalogue: Catalogue, checked: Mapping[str, Checked]) -> Iterator[Weakness]:
    """What a model lacks for its role."""
    for role, names in named(catalogue).items():
        for name in dict.fromkeys(names):
            if name not in checked:
                continue
            model = checked[name]
            if not model.chat.works:
                why = f"it does not answer: {model.chat.said}"
                yield Weakness(role=role, model=name, fails=True, why=why)
                continue
            for fails, why in (*_of_context(role, model), *_of_answers(catalogue, role, model)):
                yield Weakness(role=role, model=name, fails=fails, why=why)


def _of_context(role: str, model: Checked) -> Iterator[tuple[bool, str]]:
    context = model.context
    if context is None or context.failed is None:
        return
    least, enough = NEEDED[role]
    held = context.held or 0
    how = {
        "refused": "longer prompts are refused",
        "cut": "the server cuts longer prompts without a word",
        "forgotten": "it does not know what stood at the beginning of longer ones",
        "unanswered": "longer prompts are not answered",
    }[context.how or "unanswered"]
    if held < enough:
        lost = "too few for this role" if held < least else f"long episodes need {enough}"
        yield held < least, f"prompts of about {held} tokens, and {how}: {lost}"


def _of_answers(catalogue: Catalogue, role: str, model: Checked) -> Iterator[tuple[bool, str]]:
    if role == "proposer" and model.token_ids.works is False:
        what = "token ids" if model.log_probabilities.works else "token ids and log-probabilities"
        yield False, f"its episodes cannot be learned from: the server sends no {what}"
    if role in ("proposer", "solvers", "probers") and model.seed.works is False:
        same = "another seed" in model.seed.said
        why = (
            "attempts at one problem are all the same"
            if same and role != "proposer"
            else "a run cannot be repeated"
        )
        yield False, f"{why}: {model.seed.said}"
    if model.thought in ("field", "text") and catalogue.model(model.model).thought_tokens == 0:
        yield False, "it thinks, and thought_tokens is 0: thoughts use up the tokens of its answers"


def _of_choice(catalogue: Catalogue, checked: Mapping[str, Checked]) -> Iterator[Weakness]:
    """What is wrong with who has which roles."""
    for role, names in shared_families(catalogue).items():
        for name in dict.fromkeys(names):
            if name in checked:
                why = (
                    f"it is of the family of the proposer, {catalogue.roles.proposer}: both may err together"
                )
                yield Weakness(role=role, model=name, fails=False, why=why)
    roles = named(catalogue)
    for name in roles["probers"]:
        deciding = [role for role in _DECIDING if name in roles[role]]
        if name in checked and deciding:
            why = f"it is among {' and '.join(deciding)}, too: who decides what is right cannot measure what is hard"
            yield Weakness(role="probers", model=name, fails=False, why=why)
