"""Networks in ONNX files, run on the processor without starving the window.

One session per model content for the whole process, made when it is first needed: importing onnxruntime takes
0.2 s, making a session 0.1 s. All processors but one compute, and none of them spins while it waits: spinning
threads took up to 60 % more processor time beside other work. One network computes at a time: two would take turns
on the same processors, and the one that is left.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotator.errors import PredictorError
from annotator.jobs import Job
from annotator.predict.card import ModelFile, read_model

_networks: dict[str, "Network"] = {}
_loading = threading.Lock()
_computing = threading.Lock()


class Network:
    """One network that is ready to run; `run` may be called from any thread.

    Args:
        content: of an ONNX file. External data is refused, since there is no folder to look in.
        file: its entry in the model card.
    """

    def __init__(self, content: bytes, file: ModelFile) -> None:
        ort = _onnxruntime(file.file)
        self._errors = _ort_errors()
        self._new_settings = ort.RunOptions
        self._file = file.file
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads()
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except self._errors as error:
            raise PredictorError(f"the model file {self._file} cannot run here: {_first_line(error)}") from error
        self._check(file)

    def run(
        self, outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]], job: Job | None = None
    ) -> list[NDArray[np.float32]]:
        """Return the named outputs as float32, when no other network computes.

        Raises:
            PredictorError: the network fails, or gives values that are not numbers.
            JobCancelled: `job` was cancelled; the network stops in the middle of its work.
        """
        job = job or Job()
        settings = self._new_settings()
        try:
            with _computing, job.stopping(lambda: setattr(settings, "terminate", True)):
                job.check()
                results = self._session.run(list(outputs), dict(inputs), settings)
        except self._errors as error:
            job.check()  # a network that was stopped fails
            raise PredictorError(f"the model file {self._file} failed: {_first_line(error)}") from error
        values = [np.asarray(result, np.float32) for result in results]
        if not all(np.isfinite(value).all() for value in values):
            raise PredictorError(f"the model file {self._file} gave values that are not numbers: choose another model")
        return values

    def _check(self, file: ModelFile) -> None:
        """Raise `PredictorError` where the graph is not what the card says."""
        inputs = {node.name: node.type for node in self._session.get_inputs()}
        outputs = {node.name for node in self._session.get_outputs()}
        expected = {"float32": "tensor(float)", "float16": "tensor(float16)"}.get(
            file.input.dtype, f"tensor({file.input.dtype})"
        )
        if inputs != {file.input.name: expected}:
            raise PredictorError(
                f"the model file {self._file} takes {inputs}, its card says {file.input.name} as {expected}: "
                "correct the card"
            )
        if missing := [name for name in file.outputs if name not in outputs]:
            raise PredictorError(
                f"the model file {self._file} has no output {missing[0]!r}, which its card names: correct the card"
            )


def network(folder: Path, file: ModelFile) -> Network:
    """Return the network of a card's file, loaded and checked once per process.

    Raises:
        PredictorError: onnxruntime is missing, the file is missing or changed, or the network does not load.
    """
    with _loading:
        if file.sha256 not in _networks:
            _onnxruntime(file.file)
            _networks[file.sha256] = Network(read_model(folder, file), file)
        return _networks[file.sha256]


def threads() -> int:
    """Return how many threads one network may use: every processor of this process but one."""
    if hasattr(os, "sched_getaffinity"):
        available = len(os.sched_getaffinity(0))
    else:
        available = os.cpu_count() or 1
    return max(1, available - 1)


def _onnxruntime(file: str) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise PredictorError(
            f"{file} cannot run here: it needs onnxruntime, which is not installed or does not load ({error}). "
            "Install it with `pip install onnxruntime`; labeling works without it"
        ) from error
    return onnxruntime


def _ort_errors() -> tuple[type[BaseException], ...]:
    """Return what onnxruntime raises; its classes share no base below Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = (value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception))
    return (*own, ValueError, RuntimeError)


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].removeprefix("[ONNXRuntimeError] : ")
