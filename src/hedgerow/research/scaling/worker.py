"""What a worker process does: take a job, then block after block, until nobody asks."""

from __future__ import annotations

import os
import pickle
import traceback
from typing import IO, Any

from hedgerow.research.scaling.threads import limited
from hedgerow.research.scaling.travelling import unpacked

READY = -1
"""Stands for a block in the message that the job has been understood."""


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message: its length, then itself."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(content).to_bytes(8, "little") + content)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises
    ------
    EOFError
        If whoever writes is gone, in mid-message too.
    """
    length = int.from_bytes(_exactly(stream, 8), "little")
    return pickle.loads(_exactly(stream, length))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError
    return content


def main() -> None:
    """Work for the process at the other end of stdin and stdout."""
    inlet, outlet = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a step of the user's prints is no message
    try:
        content, threads = receive(inlet)
        with limited(threads):
            _serve(inlet, outlet, content)
    except (EOFError, BrokenPipeError):
        os._exit(0)  # nobody is there any more, so there is nothing to tidy up


def _serve(inlet: IO[bytes], outlet: IO[bytes], content: bytes) -> None:
    block = READY
    try:
        job = unpacked(content)
        send(outlet, (READY, {}, None))
        while True:
            block = receive(inlet)
            send(outlet, (block, dict(job.play(block)), None))
    except (EOFError, BrokenPipeError):
        raise
    except Exception as error:  # whatever goes wrong in a block is told where it was asked for
        told = "".join(traceback.format_exception(error))
        error.add_note(told)
        send(outlet, (block, None, error if _travels(error) else RuntimeError(told)))


def _travels(error: Exception) -> bool:
    """Say whether an error can be put together again where it was asked for."""
    try:
        pickle.loads(pickle.dumps(error, protocol=pickle.HIGHEST_PROTOCOL))
    except Exception:  # whatever a constructor raises that wants more than the message
        return False
    return True
