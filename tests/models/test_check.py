"""What a model can, found out of servers that lack one thing each, and say so or do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from propound.models.catalogue import Catalogue, CatalogueError, Model, Roles
from propound.models.check import Checked, Finding, check
from propound.models.context import Context, prompt
from propound.models.roles import weaknesses
from tests.factories.limited_model import LimitedModel
from tests.factories.model_server import ModelServer, fails, model_server

Serve = Callable[[LimitedModel], ModelServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda fake: stack.enter_context(model_server(fake))


def model(url: str, name: str = "qwen", **more: Any) -> Model:
    return Model(name=name, served="m", url=url, **more)


def tried(server: ModelServer, most_tokens: int = 4_000, **more: Any) -> Checked:
    return check(model(server.url, **more), most_tokens=most_tokens, pause_s=0.0)


def test_a_server_that_can_all(serve: Serve) -> None:
    steps: list[str] = []
    server = serve(LimitedModel(thinks="field"))
    asked = model(server.url, family="qwen3", prompt_price=1.0, completion_price=2.0)
    found = check(asked, most_tokens=4_000, on_step=steps.append)
    abilities = ("chat", "streaming", "calls", "schema_held", "log_probabilities", "token_ids", "seed")
    assert {name: getattr(found, name) for name in abilities} == dict.fromkeys(abilities, Finding(works=True))
    assert (found.model, found.family, found.thought) == ("qwen", "qwen3", "field")
    assert found.context is not None
    assert (found.context.failed, found.context.how, found.context.claimed) == (None, None, None)
    assert found.context.held == pytest.approx(4_000, rel=0.1)
    assert found.requests == len(server.requests)
    assert found.cost == pytest.approx(
        (found.prompt_tokens or 0) / 1e6 + 2 * (found.completion_tokens or 0) / 1e6
    )
    assert steps == [
        "chat",
        "streaming",
        "calls",
        "schema held",
        "log probabilities",
        "token ids",
        "seed",
        "context",
    ]


@pytest.mark.parametrize(
    ("field_", "ability", "said"),
    [
        ("seed", "seed", "the same seed twice gives two texts"),
        ("tools", "calls", 'it calls nothing: "The answer is 42."'),
        ("response_format", "schema_held", 'ignored: "The answer is 42."'),
        ("logprobs", "log_probabilities", "it sends none"),
        ("return_token_ids", "token_ids", "it sends none"),
        ("stream", "streaming", "it answers in one piece"),
    ],
)
def test_what_a_server_ignores_is_found_out(serve: Serve, field_: str, ability: str, said: str) -> None:
    found = tried(serve(LimitedModel(lacks=frozenset({field_}))))
    assert getattr(found, ability) == Finding(works=False, said=said)
    assert found.chat.works


@pytest.mark.parametrize(
    ("field_", "ability"),
    [
        ("seed", "seed"),
        ("tools", "calls"),
        ("response_format", "schema_held"),
        ("logprobs", "log_probabilities"),
    ],
)
def test_what_a_server_refuses_is_found_out(serve: Serve, field_: str, ability: str) -> None:
    found = tried(serve(LimitedModel(refuses=frozenset({field_}))))
    assert getattr(found, ability) == Finding(
        works=False, said=f"refused: HTTP 400: Unsupported parameter: '{field_}'"
    )
    assert found.chat.works


def test_a_server_without_temperature_gives_every_seed_the_same_text(serve: Serve) -> None:
    found = tried(serve(LimitedModel()), extra={"temperature": 0})
    assert found.seed == Finding(works=False, said="another seed gives the same text, at temperature 1")


def test_what_every_request_holds_is_left_out_where_it_is_refused(serve: Serve) -> None:
    server = serve(LimitedModel(refuses=frozenset({"max_tokens"})))
    assert tried(server).chat.works
    assert "max_tokens" in server.requests[0]
    assert all("max_completion_tokens" in request for request in server.requests[1:])


def test_a_silent_cut_is_told_from_a_refusal_and_from_forgetting(serve: Serve) -> None:
    cut = tried(serve(LimitedModel(window=1_500))).context
    refused = tried(serve(LimitedModel(window=1_500, refuses_longer=True))).context
    hidden = tried(serve(LimitedModel(window=1_500, counts=False))).context
    assert [found and found.how for found in (cut, refused, hidden)] == ["cut", "refused", "forgotten"]
    for found in (cut, refused):
        assert found is not None
        assert found.held is not None
        assert found.failed is not None
        assert found.held <= 1_500 <= found.failed * 1.05
        assert found.failed - found.held < 400
    assert refused is not None
    assert "maximum context length is 1500 tokens" in refused.said


def test_what_a_server_claims_of_its_context_is_read_and_not_believed(serve: Serve) -> None:
    server = serve(LimitedModel(window=1_000))
    server.documents["/v1/models"] = {"data": [{"id": "m", "max_model_len": 32_768}]}
    found = tried(server).context
    assert found is not None
    assert (found.claimed, found.how) == (32_768, "cut")
    assert found.held is not None
    assert found.held <= 1_000


def test_props_are_read_where_the_list_of_models_is_silent(serve: Serve) -> None:
    server = serve(LimitedModel())
    server.documents["/v1/models"] = {"data": [{"id": "m", "meta": {"n_ctx_train": 32_768}}]}
    server.documents["/props"] = {"default_generation_settings": {"n_ctx": 2_048}}
    found = tried(server).context
    assert found is not None
    assert (found.claimed, found.failed) == (2_048, None)
    assert found.held is not None
    assert found.held <= 2_048, "no prompt is longer than the server claims to read"


def test_time_bounds_the_measurement_of_the_context(serve: Serve) -> None:
    server = serve(LimitedModel())
    found = check(model(server.url), most_tokens=100_000, seconds=0.0, pause_s=0.0).context
    assert found is not None
    assert found.held == pytest.approx(500, rel=0.2)
    assert found.failed is None


def test_a_prompt_has_the_length_that_is_asked_for_and_its_word_at_the_beginning() -> None:
    for characters in (400, 2_000, 50_000):
        text = prompt(characters)
        assert characters <= len(text) < characters + 100
        assert text.index("KESTREL-4182") < 40
        assert text.count("KESTREL-4182") == 1


def test_thoughts_are_told_by_where_they_come(serve: Serve) -> None:
    ways = {"field": "field", "text": "text", "": "none"}
    assert {way: tried(serve(LimitedModel(thinks=way))).thought for way in ways} == ways


def test_a_model_that_does_not_answer_is_asked_nothing_more(serve: Serve) -> None:
    server = serve(LimitedModel())
    server.usual = fails(401, "wrong key sk-1234")
    found = check(model(server.url, key="sk-1234"), pause_s=0.0)
    assert found.chat == Finding(works=False, said="HTTP 401: wrong key ***")
    assert (found.seed.works, found.context, len(server.requests)) == (None, None, 1)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(serve: Serve) -> None:
    server = serve(LimitedModel())
    server.script.extend([fails(503, "loading"), fails(429, "slow down")])
    assert tried(server).chat.works


def test_nobody_there_is_said_as_that() -> None:
    found = check(model("http://127.0.0.1:9/v1"), pause_s=0.0)
    assert found.chat.works is False
    assert "refused" in found.chat.said


def test_a_model_without_a_server_cannot_be_asked() -> None:
    with pytest.raises(CatalogueError, match="no url"):
        check(Model(name="m", hub="Qwen/Qwen3-4B"))


def fine(name: str, **changes: Any) -> Checked:
    """A model that can all."""
    can = Finding(works=True)
    given: dict[str, Any] = dict.fromkeys(
        ("chat", "streaming", "calls", "schema_held", "log_probabilities", "token_ids", "seed"), can
    )
    given |= {"thought": "none", "context": Context(held=16_000)}
    return Checked(model=name, **given | changes)


def catalogue(roles: Roles, **more: Any) -> Catalogue:
    models = [
        Model(name="qwen", served="Qwen3", url="http://host/v1", family="qwen3"),
        Model(name="other", served="Llama", url="http://other/v1", family="llama"),
    ]
    return Catalogue(models=tuple(each.model_copy(update=more) for each in models), roles=roles)


def test_roles_of_models_that_can_all_have_no_weakness() -> None:
    roles = Roles(
        proposer="qwen", solvers=("other",), judges=("other",), auditor="other", probers=("qwen", "novice")
    )
    assert weaknesses(catalogue(roles), {"qwen": fine("qwen"), "other": fine("other")}) == []


def found(roles: Roles, **checked: Checked) -> list[tuple[str, str, bool]]:
    return [(each.role, each.model, each.fails) for each in weaknesses(catalogue(roles), checked)]


def test_a_role_whose_model_does_not_answer_cannot_work() -> None:
    down = Checked(model="other", chat=Finding(works=False, said="HTTP 401"))
    roles = Roles(proposer="qwen", judges=("other", "other"), auditor="other")
    assert found(roles, qwen=fine("qwen"), other=down) == [
        ("judges", "other", True),
        ("auditor", "other", True),
    ]


def test_a_context_that_is_too_small_fails_a_role_or_limits_it() -> None:
    roles = Roles(proposer="qwen", judges=("other",))
    tiny = fine("other", context=Context(held=2_000, failed=2_200, how="cut"))
    short = fine("other", context=Context(held=8_000, failed=9_000, how="refused"))
    assert found(roles, qwen=fine("qwen"), other=tiny) == [("judges", "other", True)]
    assert found(roles, qwen=fine("qwen"), other=short) == [("judges", "other", False)]
    unbounded = fine("other", context=Context(held=2_000))
    assert found(roles, qwen=fine("qwen"), other=unbounded) == [], (
        "where nothing failed, nothing is known to be short"
    )


def test_a_proposer_without_token_ids_cannot_be_learned_from() -> None:
    lacking = fine("qwen", token_ids=Finding(works=False))
    said = weaknesses(catalogue(Roles(proposer="qwen", judges=("qwen",))), {"qwen": lacking})
    assert [each.role for each in said if "learned from" in each.why] == ["proposer"]
    assert not any(each.fails for each in said)


def test_verifiers_of_the_proposers_family_are_named() -> None:
    roles = Roles(proposer="qwen", judges=("other", "qwen"), auditor="qwen", solvers=("other",))
    assert found(roles, qwen=fine("qwen"), other=fine("other")) == [
        ("judges", "qwen", False),
        ("auditor", "qwen", False),
    ]


def test_a_proposer_that_nobody_else_solves_after_is_named() -> None:
    roles = Roles(proposer="qwen")
    assert found(roles, qwen=fine("qwen")) == [("solvers", "qwen", False)]
    judged = Roles(proposer="qwen", judges=("other",))
    assert found(judged, qwen=fine("qwen"), other=fine("other")) == []


def test_who_decides_does_not_measure() -> None:
    roles = Roles(proposer="qwen", judges=("other",), solvers=("other",), probers=("novice", "other"))
    said = weaknesses(catalogue(roles), {"qwen": fine("qwen"), "other": fine("other")})
    assert [(each.role, each.model) for each in said] == [("probers", "other")]
    assert "solvers and judges" in said[0].why


def test_a_thinking_model_needs_a_budget_for_its_thoughts() -> None:
    thinking = {"qwen": fine("qwen", thought="field")}
    roles = Roles(proposer="qwen", solvers=("other",))
    assert [each.fails for each in weaknesses(catalogue(roles), thinking)] == [False]
    assert weaknesses(catalogue(roles, thought_tokens=1_024), thinking) == []


def test_equal_seeds_that_differ_and_different_ones_that_do_not() -> None:
    alike = fine(
        "other", seed=Finding(works=False, said="another seed gives the same text, at temperature 1")
    )
    said = weaknesses(catalogue(Roles(probers=("other",))), {"other": alike})
    assert [each.why.partition(":")[0] for each in said] == ["attempts at one problem are all the same"]
