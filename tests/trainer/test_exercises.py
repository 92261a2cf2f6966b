"""Exercises: the answer follows from the question, every time."""

from __future__ import annotations

import json
import re

from trainer.exercises import exercises


def test_they_are_the_same_for_the_same_seed() -> None:
    assert list(exercises(1, 30)) == list(exercises(1, 30)) != list(exercises(2, 30))


def test_every_answer_stands_in_its_question() -> None:
    for exercise in exercises(3, 400):
        asked, answer = (message["content"] for message in exercise["messages"])
        if "\nsetup: " in asked:
            record, template = asked.split("\nsetup: ")
            values = {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in json.loads(record).items()
            }
            pattern = re.escape(template)
            for name, value in values.items():
                pattern = pattern.replace(re.escape(f"{{{name}}}"), re.escape(value))
            assert re.fullmatch(pattern, answer)
        elif "\n" in asked:
            given, names = asked.split("\n")
            record = json.loads(given)
            shown = {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in record.items()
            }
            assert answer == " ".join(f"{name} {shown[name]}" for name in names.split(" "))
        else:
            assert asked == answer
