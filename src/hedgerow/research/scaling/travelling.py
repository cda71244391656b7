"""A job made into bytes that another process understands, a user's own classes with it."""

from __future__ import annotations

import pickle
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from hedgerow.errors import PolicyError
from hedgerow.research.scaling.job import Job

_INSTALLED = tuple(
    str(Path(folder).resolve())
    for folder in (
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        site.getusersitepackages(),
    )
)
_lock = threading.Lock()


def packed(job: Job) -> bytes:
    """Return a job as bytes.

    Steps, signals and measures of a script, a notebook or a file beside it travel whole; what is
    installed is named, and must be installed where the job is done.

    Raises
    ------
    PolicyError
        If it holds something that cannot travel, such as an open file.
    """
    import cloudpickle

    try:
        with _whole(cloudpickle):
            return bytes(cloudpickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL))
    except Exception as error:  # whatever a class of the user's own raises when it is pickled
        raise PolicyError(
            f"this cannot be sent to another process ({type(error).__name__}: {error})",
            where=job.title,
            mend="steps and signals of your own must hold plain values and plain functions; "
            "or run it in one process",
        ) from error


def unpacked(content: bytes) -> Job:
    """Return the job that was packed.

    Raises
    ------
    PolicyError
        If this process lacks what the job is made of.
    """
    try:
        job: Job = pickle.loads(content)
    except Exception as error:  # whatever comes of a module that is not there, or another version
        raise PolicyError(
            f"a worker cannot make out what it was sent ({type(error).__name__}: {error})",
            where="worker",
            mend="install there what your steps and signals import",
        ) from error
    return job


@contextmanager
def _whole(cloudpickle: ModuleType) -> Iterator[None]:
    """Let the classes of modules that are not installed be sent with what they are made of."""
    with _lock:  # the registry is one for all threads
        already = cloudpickle.list_registry_pickle_by_value()
        loose = {
            module.__name__: module for module in list(sys.modules.values()) if _is_loose(module)
        }
        sent = [module for name, module in loose.items() if name not in already]
        for module in sent:
            cloudpickle.register_pickle_by_value(module)
        try:
            yield
        finally:
            for module in sent:
                cloudpickle.unregister_pickle_by_value(module)


def _is_loose(module: ModuleType) -> bool:
    name = getattr(module, "__name__", "")
    if not name or name.partition(".")[0] == "hedgerow" or sys.modules.get(name) is not module:
        return False
    file = getattr(module, "__file__", None)
    return file is not None and not str(Path(file).resolve()).startswith(_INSTALLED)
