"""A proposer behind a real server: turns, seeds, exact records, and what happens when it is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.responses import JSONResponse, Response

from propound.domain import Domain
from propound.errors import ServiceDownError
from propound.models.ledger import MemoryLedger
from propound.models.purpose import Origin, Purpose, Role
from propound.policy import PolicyError
from propound.policy.remote import CUT_OFF, NOTHING_SAID, RemotePolicy
from propound.policy.teacher import Teacher
from propound.problem import ProblemSpec
from propound.proposing.procedural import ProceduralEnvironment
from propound.proposing.rollout import rollout
from propound.sandbox import open_sandbox
from propound.skills import default_library
from propound.trajectory import ActionKind, Outcome, Prompt, Sampling, Unrecorded
from propound.transcript import WRITING, parse_turn
from propound.verification.verify import Verification
from propound.verification.vote import Rejection
from tests.factories.model_server import (
    ModelServer,
    client_of,
    completion,
    fails,
    model_server,
    says,
    sends,
)

LIBRARY = default_library()
SANDBOX = open_sandbox()
SPEC = ProblemSpec(
    domain=Domain.MATHEMATICS,
    skills=(LIBRARY.names(Domain.MATHEMATICS)[0],),
    minimum_skills=1,
    maximum_skills=1,
    seed=5,
)
MESSAGES = [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def policy(server: ModelServer) -> Iterator[RemotePolicy]:
    client = client_of(server.url, "served-model")
    yield RemotePolicy(client)
    client.close()


def test_a_turn_is_the_content_and_a_tools_answer_is_told_as_our_template_renders_it(
    server: ModelServer, policy: RemotePolicy
) -> None:
    server.usual = says("I think.")
    told = [
        *MESSAGES,
        {"role": "assistant", "content": "A"},
        {"role": "tool", "name": "exec", "content": "42"},
    ]
    turn = policy.begin(SPEC, 0).write(told)
    assert (turn.text, turn.sampling) == ("I think.", Unrecorded.NO_TOKENS)
    assert server.requests[0]["messages"] == [
        {"role": "system", "content": f"S\n{WRITING}"},
        *told[1:3],
        {"role": "user", "content": "<tool_response>\n42\n</tool_response>"},
    ]


def test_seeds_follow_from_spec_member_and_step(server: ModelServer, policy: RemotePolicy) -> None:
    def seeds(of: ProblemSpec, member: int) -> list[int]:
        writer = policy.begin(of, member)
        server.requests.clear()
        policy.client.ledger = MemoryLedger()
        writer.write(MESSAGES)
        writer.write(MESSAGES)
        return [request["seed"] for request in server.requests]

    first = seeds(SPEC, 0)
    assert first == seeds(SPEC, 0)
    others = seeds(SPEC, 1) + seeds(SPEC.model_copy(update={"seed": 6}), 0)
    assert len({*first, *others}) == 6
    assert all(0 <= seed < 2**31 for seed in first + others)


def test_the_version_names_the_model_and_how_it_is_asked(policy: RemotePolicy) -> None:
    assert policy.version.startswith("served-model@")
    warmer = RemotePolicy(policy.client, temperature=0.5)
    assert warmer.version != policy.version == RemotePolicy(policy.client).version


def call(name: Any, arguments: Any) -> dict[str, Any]:
    return {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize(
    ("calls", "kind"),
    [
        ([call("read_skill", '{"name": "x"}')], ActionKind.READ),
        ([call("read_skill", {"name": "x"})], ActionKind.READ),
        ([call("read_skill", '{"name": ')], ActionKind.MALFORMED),
        ([call("read_skill", '{"name": NaN}')], ActionKind.MALFORMED),
        ([call("rm", "{}")], ActionKind.MALFORMED),
        ([call("exec", '{"code": "print(\'</tool_call>\')"}')], ActionKind.MALFORMED),
        ([call("read_skill", '{"name": "x"}')] * 2, ActionKind.MALFORMED),
    ],
)
def test_structured_tool_calls_become_our_text_form(
    server: ModelServer, policy: RemotePolicy, calls: list[dict[str, Any]], kind: ActionKind
) -> None:
    server.usual = lambda _: JSONResponse(
        completion(None, finish="tool_calls", message={"tool_calls": calls})
    )
    assert parse_turn(policy.begin(SPEC, 0).write(MESSAGES).text).kind is kind
    policy.client.ledger = MemoryLedger()
    server.usual = lambda _: JSONResponse(completion("So.", message={"tool_calls": calls, "content": "So."}))
    action = parse_turn(policy.begin(SPEC, 0).write(MESSAGES).text)
    assert action.kind is kind
    assert action.kind is ActionKind.MALFORMED or action.thought == "So."


def test_a_record_holds_each_prompt_by_what_it_shares_with_the_turn_before(
    server: ModelServer, policy: RemotePolicy
) -> None:
    def turn(prompt: list[int], ids: list[int]) -> Any:
        choice = {"token_ids": ids, "logprobs": {"content": [{"logprob": -0.25}] * len(ids)}}
        return lambda _: JSONResponse(completion(choice=choice, top={"prompt_token_ids": prompt}))

    prompts = [[1, 2], [1, 2, 3, 9, 9], [1, 2, 3, 9, 9, 4, 6], [1]]
    for prompt, ids in zip(prompts, [[3], [4, 5], [5], [5]], strict=True):
        server.script.append(turn(prompt, ids))
    server.script.append(says("no tokens"))
    server.script.append(turn([1, 5], [6]))
    writer = policy.begin(SPEC, 0)
    turns = [writer.write(MESSAGES).sampling for _ in range(6)]
    assert turns[4] is Unrecorded.NO_TOKENS
    sampled = [each for each in turns if isinstance(each, Sampling)]
    assert [each.prompt for each in sampled] == [
        Prompt(kept=0, ids=(1, 2)),
        Prompt(kept=3, ids=(9, 9)),
        Prompt(kept=6, ids=(6,)),  # the server renders 4 5 as 4 6
        Prompt(kept=1, ids=()),
        Prompt(kept=2, ids=()),
    ]
    assert (sampled[0].token_ids, sampled[1].token_ids) == ((3,), (4, 5))
    assert sampled[1].log_probabilities == (-0.25, -0.25)
    assert (sampled[1].temperature, sampled[1].finish_reason) == (1.0, "stop")


def test_a_proposer_that_is_away_leaves_no_episode_behind(
    server: ModelServer, policy: RemotePolicy
) -> None:
    server.script.append(says("Let me think."))
    server.usual = fails(503)
    with pytest.raises(ServiceDownError, match="does not answer since"):
        rollout(policy, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)


def test_a_conversation_that_is_refused_ends_the_episode(
    server: ModelServer, policy: RemotePolicy
) -> None:
    server.script.append(says("Let me think."))
    server.usual = fails(400, "maximum context length is 4096 tokens")
    trajectory = rollout(policy, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)
    assert trajectory.outcome is Outcome.POLICY_FAILED
    assert "maximum context length" in trajectory.detail
    assert Verification(LIBRARY, SANDBOX).verify(trajectory).rejection is Rejection.POLICY_FAILED


def test_what_the_server_has_no_answer_to_or_withholds_ends_the_episode(
    server: ModelServer, policy: RemotePolicy
) -> None:
    for answer, said in (
        (sends({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}), "SAFETY"),
        (says("I", finish="content_filter"), "withheld the reply: I"),
    ):
        server.script.append(says("Let me think."))
        server.usual = answer
        trajectory = rollout(policy, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)
        assert trajectory.outcome is Outcome.POLICY_FAILED
        assert said in trajectory.detail
        policy.client.ledger = MemoryLedger()


def test_a_turn_that_is_cut_off_is_told_to_be_shorter(server: ModelServer, policy: RemotePolicy) -> None:
    cut = {"finish": "length", "message": {"reasoning_content": "long thoughts"}}
    server.script.extend([says(None, **cut), says("<tool_call>{", finish="MAX_TOKENS")])
    server.script.append(says(None, message={"reasoning": "only a thought"}))
    server.script.append(says('<tool_call>{"name": "exec", "arguments": {"code": "1"}}</tool_call>', finish="length"))
    server.script.append(says(None))
    trajectory = rollout(policy, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)
    assert trajectory.outcome is Outcome.ABANDONED
    kinds = [step.action.kind for step in trajectory.steps]
    assert kinds == [ActionKind.MALFORMED] * 3 + [ActionKind.EXEC, ActionKind.THINK]
    told = [step.observation.text.split("\n")[0] for step in trajectory.steps[:3]]
    assert told == [f"malformed: {CUT_OFF}"] * 2 + [f"malformed: {NOTHING_SAID}"]


def test_thoughts_do_not_act_whichever_way_they_come(server: ModelServer, policy: RemotePolicy) -> None:
    call = '<tool_call>{"name": "submit", "arguments": {}}</tool_call>'
    server.script.extend(
        [
            says(f"<think>maybe {call}? no</think>I go on."),
            says("I go on.", message={"reasoning_content": f"maybe {call}?"}),
            says("I go on.", message={"reasoning": f"maybe {call}?"}),
            says([{"type": "thinking", "thinking": call}, {"type": "text", "text": "I go on."}]),
        ]
    )
    writer = policy.begin(SPEC, 0)
    assert [writer.write(MESSAGES).text for _ in range(4)] == ["I go on."] * 4


def test_requests_belong_to_whom_they_are_made_for(server: ModelServer, policy: RemotePolicy) -> None:
    origin = Origin(job="job_1", spec=7)
    writer = policy.begin(SPEC, 3, origin)
    writer.write(MESSAGES)
    writer.write(MESSAGES)
    assert isinstance(policy.client.ledger, MemoryLedger)
    assert [entry.purpose for entry in policy.client.ledger.entries] == [
        Purpose(origin=origin, member=3, role=Role.PROPOSER, turn=turn) for turn in (0, 1)
    ]
    policy.begin(SPEC, 3, origin).write(MESSAGES)
    assert len(server.requests) == 2, "an episode that is made again reads what is there"


def test_parameters_that_the_server_refuses_make_a_record_inexact(server: ModelServer, policy: RemotePolicy) -> None:
    warm = RemotePolicy(policy.client, temperature=0.7)
    assert warm.begin(SPEC, 1).write(MESSAGES).sampling is Unrecorded.TEMPERATURE
    server.script.append(fails(400, "top_k is not supported"))
    assert policy.begin(SPEC, 0).write(MESSAGES).sampling is Unrecorded.PARAMETERS


def test_an_answer_without_end_is_a_failed_policy(server: ModelServer, policy: RemotePolicy) -> None:
    server.usual = sends(json.dumps(completion("x" * (9 << 20))).encode())
    with pytest.raises(PolicyError, match="larger"):
        policy.begin(SPEC, 0).write(MESSAGES)


def test_a_whole_episode_over_the_wire(server: ModelServer, policy: RemotePolicy) -> None:
    """The teacher sits behind the server; its problem is the one that it writes here."""
    teacher = Teacher(LIBRARY)
    writer = teacher.begin(SPEC, 0)

    def answer(body: dict[str, Any]) -> Response:
        messages = body["messages"]
        last = messages[-1]["content"]
        if last.startswith("<tool_response>\n"):
            last = last.removeprefix("<tool_response>\n").removesuffix("\n</tool_response>")
            messages[-1] = {"role": "tool", "content": last}
        return JSONResponse(completion(writer.write(messages).text))

    server.usual = answer
    there = rollout(policy, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)
    here = rollout(teacher, ProceduralEnvironment(SPEC, LIBRARY, SANDBOX, 24), 0)
    assert there.outcome is Outcome.SUBMITTED
    assert [(step.text, step.observation) for step in there.steps] == [
        (step.text, step.observation) for step in here.steps
    ]
    assert there.unrecorded is Unrecorded.NO_TOKENS
    assert here.unrecorded is Unrecorded.NO_MODEL
    assert there.submission == here.submission
    assert there.policy == "served-model"
