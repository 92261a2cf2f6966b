"""Each kind of canary is what it says: wrong where it says so, in the way it says, and nowhere else."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

from propound.answers import Agreement, compare
from propound.domain import Domain
from propound.problem import CodingMode, Work
from propound.sandbox import Program
from propound.skills.toolkit.statement import AmbiguousError, Reading, UnreadableError
from propound.verification.canaries import changes
from propound.verification.canaries.canary import Canary, Fault
from propound.verification.canaries.source import Source
from propound.verification.examination import examine
from tests.factories.canaries import LIBRARY, MAKER, SANDBOX, made, sources

DOMAINS = pytest.mark.parametrize("domain", list(Domain))
KINDS = [None, *Fault]


def work(canary: Canary) -> Work:
    """What its author handed in."""
    assert canary.submission.open is not None
    return canary.submission.open


def read(source: Source, text: str) -> Reading | None:
    """What the formal reader makes of a text."""
    try:
        return LIBRARY.read([use.skill for use in source.problem.composition], text)
    except (UnreadableError, AmbiguousError):
        return None


def answer_to(source: Source, text: str) -> str:
    """By the skills' own methods."""
    reading = read(source, text)
    assert reading is not None
    found = examine(reading, text, LIBRARY, SANDBOX)
    assert found.direct is not None, found
    return found.direct


def result_of(canary: Canary) -> str:
    """What the canary's program comes to; for coding its output for the example."""
    source = work(canary).program
    stdin = b""
    if canary.coding is CodingMode.STDIN:
        shown = re.findall(r"`([^`]*)`", canary.submission.statement)
        stdin = (shown[-2] + "\n").encode()
    elif canary.coding is CodingMode.FUNCTION:
        call = re.findall(r"`solve\((.*?)\)`", canary.submission.statement)[-1]
        source += f"\nimport json\nprint(json.dumps(solve({call})))\n"
    elif source.startswith("GIVEN") or "\nGIVEN = " in source:
        source += "\nprint(solve(**GIVEN))\n"
    execution = SANDBOX.run(Program(source, stdin=stdin))
    assert execution.succeeded, execution.stderr.decode()
    return execution.stdout.decode().strip()


def agrees(source: Source, first: str, second: str) -> bool:
    """Whether two answers to a problem are the same."""
    if source.problem.coding is not None:
        return first == second
    found = compare(
        gold=first,
        answer=second,
        kind=source.problem.answer_kind,
        relative_tolerance=source.problem.relative_tolerance,
    )
    return found.result is Agreement.EQUAL


def claimed(canary: Canary) -> str:
    """The answer handed in, as a program prints it."""
    answer = canary.submission.answer
    if canary.coding is CodingMode.STDIN:
        output = json.loads(answer)
        return " ".join(map(str, output)) if isinstance(output, list) else str(output)
    return answer


@DOMAINS
@pytest.mark.parametrize("fault", KINDS)
def test_every_kind_is_made_in_every_domain_and_names_what_it_is_made_of(
    domain: Domain, fault: Fault | None
) -> None:
    found = made(fault, domain)
    assert len(found) >= 3
    for source, canary in found:
        assert (canary.domain, canary.fault, canary.is_sound) == (domain, fault, fault is None)
        assert canary.skills == tuple(sorted(use.skill for use in source.problem.composition))
        assert canary.coding is source.mode or fault is Fault.FOREIGN
        assert bool(work(canary).generator) is (domain is Domain.CODING)


@DOMAINS
@pytest.mark.parametrize("fault", KINDS)
def test_equal_seeds_give_equal_canaries(domain: Domain, fault: Fault | None) -> None:
    source = sources(domain)[0]
    first, second = (MAKER.make(source, fault, 5) for _ in range(2))
    assert first == second
    assert first is None or first.id == second.id  # type: ignore[union-attr]


@DOMAINS
def test_a_sound_one_is_the_problem_with_a_program_that_comes_to_its_answer(domain: Domain) -> None:
    for source, canary in made(None, domain):
        assert canary.submission.statement == source.problem.statement
        assert agrees(source, claimed(canary), result_of(canary))
        if domain is not Domain.CODING:
            assert canary.submission.answer not in work(canary).program.replace(" ", "").split("(")


@DOMAINS
def test_the_program_of_a_wrong_answer_comes_to_it_and_it_is_wrong(domain: Domain) -> None:
    for source, canary in made(Fault.WRONG_ANSWER, domain):
        assert canary.submission.statement == source.problem.statement
        assert canary.truth == source.answer
        assert agrees(source, claimed(canary), result_of(canary))
        if domain is not Domain.CODING:
            assert not agrees(source, source.answer, canary.submission.answer)
        else:
            assert work(canary).program != source.program()


@DOMAINS
def test_a_changed_number_gives_another_problem_with_another_answer(domain: Domain) -> None:
    for source, canary in made(Fault.CHANGED_NUMBER, domain):
        text = canary.submission.statement
        reading = read(source, text)
        assert reading is not None, "it reads well"
        assert reading.composition != source.reading.composition
        assert canary.submission.answer == source.answer
        assert canary.truth is not None
        if domain is not Domain.CODING:
            assert agrees(source, canary.truth, answer_to(source, text))
            assert not agrees(source, canary.truth, canary.submission.answer)


@DOMAINS
@pytest.mark.parametrize(
    "fault",
    [Fault.DROPPED_CONDITION, Fault.TWO_READINGS, Fault.ADDRESSED, Fault.TWO_QUESTIONS, Fault.GIVEN_AWAY],
)
def test_the_formal_reader_refuses_what_is_not_one_problem(domain: Domain, fault: Fault) -> None:
    for source, canary in made(fault, domain):
        assert read(source, canary.submission.statement) is None


@DOMAINS
def test_a_dropped_condition_leaves_fewer_numbers(domain: Domain) -> None:
    for source, canary in made(Fault.DROPPED_CONDITION, domain):
        left = changes.numbers(canary.submission.statement)
        assert len(left) < len(changes.numbers(source.problem.statement))
        assert canary.truth is None


@DOMAINS
def test_two_readings_have_two_answers(domain: Domain) -> None:
    for source, canary in made(Fault.TWO_READINGS, domain):
        text = canary.submission.statement
        if canary.style == "without_scale":
            kelvins = re.sub(r"(\d) degrees", r"\1 K", text)
            others = (kelvins, changes.warmer(kelvins))
        else:
            first = re.sub(
                r"(\S+) (?:or (\S+?)(?=[ ,.;:])|\(or (\S+), as another source has it\))", r"\1", text
            )
            second = re.sub(
                r"(\S+) (?:or (\S+?)(?=[ ,.;:])|\(or (\S+), as another source has it\))", r"\2\3", text
            )
            others = (first, second)
        readings = [read(source, each) for each in others]
        if None in readings:
            continue  # the pattern took an "or" of the problem's own
        assert readings[0] == source.reading
        assert readings[1] != source.reading
        if domain is not Domain.CODING:
            assert not agrees(source, answer_to(source, others[0]), answer_to(source, others[1]))


@DOMAINS
def test_a_printed_answer_stands_in_the_program(domain: Domain) -> None:
    for source, canary in made(Fault.PRINTED, domain):
        assert canary.submission.statement == source.problem.statement
        assert claimed(canary) in work(canary).program
        assert result_of(canary) == claimed(canary)


def test_an_answer_that_is_given_away_stands_in_the_statement() -> None:
    for domain in (Domain.MATHEMATICS, Domain.SCIENCE):
        for source, canary in made(Fault.GIVEN_AWAY, domain):
            text = canary.submission.statement
            words = changes.spelled(int(source.answer)) if canary.style == "words" else source.answer
            assert words in text
    for source, canary in made(Fault.GIVEN_AWAY, Domain.CODING):
        assert "def solve(" in canary.submission.statement
        assert source.problem.statement in canary.submission.statement


@DOMAINS
def test_those_who_judge_are_addressed_for_right_and_for_wrong_answers(domain: Domain) -> None:
    found = made(Fault.ADDRESSED, domain)
    assert {canary.style.partition(", ")[2] for _, canary in found} == {"right", "wrong"}
    for source, canary in found:
        assert source.problem.statement in canary.submission.statement
        if domain is not Domain.CODING:
            assert agrees(source, source.answer, canary.submission.answer) is canary.style.endswith("right")


@DOMAINS
def test_a_contradiction_denies_what_is_true(domain: Domain) -> None:
    for source, canary in made(Fault.CONTRADICTORY, domain):
        text = canary.submission.statement
        if canary.style == "false_example":
            with pytest.raises(AssertionError, match="the example in the statement should give"):
                answer_to(source, text)
        elif canary.style == "twice_told":
            assert "All of this is certain" in text
        else:
            value = Fraction(source.answer.split(" ")[0])
            said = re.search(r"is (?:larger than (\S+)(?: \S+)?|(odd|even)|.* multiple of (\d+))\.", text)
            assert said is not None
            if said.group(1):
                assert value <= Fraction(said.group(1))
            elif said.group(2):
                assert (value % 2 == 1) is (said.group(2) == "even")
            else:
                assert value % int(said.group(3)) != 0


@DOMAINS
def test_a_problem_in_another_language_is_right_but_for_that(domain: Domain) -> None:
    english = re.compile(r"\b(?:the|how many|what|returns)\b")
    for _, canary in made(Fault.FOREIGN, domain):
        assert not english.search(canary.submission.statement)
        assert result_of(canary) == canary.submission.answer == canary.truth
    assert len({canary.style for _, canary in made(Fault.FOREIGN, domain)}) >= 3


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (42, "forty-two"),
        (80, "eighty"),
        (-7, "minus seven"),
        (105, "one hundred and five"),
        (1_000, "one thousand"),
        (1_019, "one thousand and nineteen"),
        (28_408, "twenty-eight thousand four hundred and eight"),
    ],
)
def test_numbers_are_spelled(number: int, words: str) -> None:
    assert changes.spelled(number) == words


def test_a_number_of_a_million_is_not_spelled() -> None:
    with pytest.raises(ValueError, match="too large"):
        changes.spelled(1_000_000)
