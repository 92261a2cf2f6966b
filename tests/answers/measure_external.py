"""How often our comparison agrees with the tests of other checkers: `python -m tests.answers.measure_external FILE...`.

A file is a test module of another project, where it lies (docs/lab/answers.md says how to get them). It is parsed and
never run: what is read are the tables of its `pytest.mark.parametrize`. Of each table one line: rows, agreed, ours
undecided, ours equal where theirs says no (too lax), ours not equal where theirs says yes (too strict). `--rows` prints
every row that is not agreed on, with our reason. `--reasoning-gym` puts the answers of that package's generators, where
it is installed, against themselves.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from propound.answers import Agreement, compare


@dataclass(frozen=True)
class Row:
    """One case of another checker's tests."""

    table: str
    gold: str
    answer: str
    equal: bool


def rows(path: Path) -> Iterator[Row]:
    """The cases of one test module."""
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            for decorator in function.decorator_list:
                yield from _cases(f"{path.name}:{function.name}", function.name, decorator)


def _cases(table: str, function: str, decorator: ast.expr) -> Iterator[Row]:
    if not (isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("mark.parametrize")):
        return
    names = [name.strip() for name in ast.literal_eval(decorator.args[0]).split(",")]
    if not isinstance(decorator.args[1], ast.List):
        return
    for element in decorator.args[1].elts:
        try:
            values = (
                [ast.literal_eval(one) for one in element.args]
                if isinstance(element, ast.Call)
                else ast.literal_eval(element)
            )
        except ValueError:
            continue
        for gold, answer, equal in _read(
            function, names, [values] if len(names) == 1 and not isinstance(element, ast.Call) else values
        ):
            if gold is not None and answer is not None:
                yield Row(table, str(gold), str(answer), bool(equal))


def _read(function: str, names: list[str], values: Any) -> Iterator[tuple[Any, Any, Any]]:
    """(gold, answer, whether they are equal), by the names that the test gives its parameters."""
    case = dict(zip(names, values, strict=False))
    match names:
        case ["gold", "pred", ("expected" | "result") as expected, *_] | [
            "gold",
            "pred",
            _,
            ("expected") as expected,
        ]:
            yield case["gold"], case["pred"], case[expected]
        case ["prediction", "reference", "expected"]:
            yield case["reference"], case["prediction"], case["expected"]
        case ["output_pair"]:
            one, other = case["output_pair"]
            yield one, other, "incorrect" not in function
            yield other, one, "incorrect" not in function
        case ["x1", "x2"]:
            yield case["x1"], case["x2"], "different" not in function
        case ["answer"] if function.endswith("matches_itself"):
            yield case["answer"], case["answer"], True
        case _:
            return


def gym_rows(count: int = 10) -> Iterator[Row]:
    """Gold answers of reasoning-gym's tasks that its own scoring takes for right, each against itself."""
    import reasoning_gym
    from reasoning_gym.factory import DATASETS

    for name in sorted(DATASETS):
        try:
            task = reasoning_gym.create_dataset(name, size=count, seed=1)
            entries = [entry for entry in task if isinstance(entry["answer"], str)]
            right = [entry["answer"] for entry in entries if task.score_answer(entry["answer"], entry) == 1.0]
        except Exception as error:  # noqa: BLE001 - a generator that lacks a package of its own is told, not counted
            print(f"left out: {name} ({type(error).__name__})")
            continue
        yield from (Row("reasoning-gym", answer, answer, equal=True) for answer in right)


def main(arguments: list[str]) -> None:
    """Prints the table."""
    shown = "--rows" in arguments
    counts: dict[str, Counter[str]] = {}
    sources = [rows(Path(one)) for one in arguments if not one.startswith("--")]
    if "--reasoning-gym" in arguments:
        sources.append(gym_rows())
    for source in sources:
        for row in source:
            found = compare(gold=row.gold, answer=row.answer)
            ours = found.result is Agreement.EQUAL
            if ours == row.equal:
                outcome = "agreed"
            elif found.result is Agreement.UNDECIDED:
                outcome = "undecided"
            else:
                outcome = "too lax" if ours else "too strict"
            count = counts.setdefault(row.table, Counter())
            count[outcome] += 1
            count["rows"] += 1
            if shown and outcome != "agreed":
                print(f"{outcome}\t{row.table}\t{row.gold!r}\t{row.answer!r}\t{found.kind}\t{found.reason}")
    columns = ["rows", "agreed", "undecided", "too lax", "too strict"]
    total = sum(counts.values(), Counter())
    for table, count in [*counts.items(), ("all", total)]:
        print(f"{table:60}" + "".join(f"{count[column]:6} {column}" for column in columns))


if __name__ == "__main__":
    main(sys.argv[1:])
