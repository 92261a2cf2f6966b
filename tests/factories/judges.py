"""What a server says whose model judges problems: it knows answers, and fills in whatever form it is asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi.responses import JSONResponse, Response

from tests.factories.model_server import Answer, completion


def knowing(answers: Mapping[str, str]) -> Answer:
    """A judge that gives these answers to these statements, and to others a wrong one."""

    def answer(body: dict[str, Any]) -> Response:
        asked = "\n".join(str(message["content"]) for message in body["messages"])
        ticket = re.findall(r"\b[0-9a-f]{16}\b", asked)[-1]
        known = next((each for statement, each in answers.items() if statement in asked), "-77")
        filled = {
            "ticket": ticket,
            "answer": known,
            "defects": [],
            "valid": True,
            "rationale": "It holds.",
        }
        form = body["response_format"]["json_schema"]["schema"]["required"]
        return JSONResponse(completion(json.dumps({name: filled[name] for name in form})))

    return answer
