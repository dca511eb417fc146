import hashlib
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from annotator.errors import JobCancelled, PredictorError
from annotator.jobs import Job
from annotator.predict import runtime
from annotator.predict.card import ModelFile, ModelInput
from annotator.predict.runtime import network, threads

FLOAT, INT32 = 1, 6


def field(number: int, value: int | bytes | str) -> bytes:
    """Encode one protobuf field."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    content = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2, len(content)]) + content


def identity_model(salt: str, element: int = FLOAT) -> bytes:
    """Return an ONNX file whose output `y` is its input `x`, a vector of 3."""
    shape = field(1, field(1, 3))
    kind = field(1, field(1, element) + field(2, shape))
    node = field(1, "x") + field(2, "y") + field(4, "Identity")
    graph = field(1, node) + field(2, salt) + field(11, field(1, "x") + field(2, kind))
    graph += field(12, field(1, "y") + field(2, kind))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))


def saved(folder: Path, content: bytes, dtype: str = "float32", outputs: tuple[str, ...] = ("y",)) -> ModelFile:
    (folder / "toy.onnx").write_bytes(content)
    return ModelFile(
        role="pose",
        file="toy.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        input=ModelInput(name="x", layout="CHW", dtype=dtype, color="rgb", resize="none"),  # type: ignore[arg-type]
        outputs=outputs,
    )


def test_a_network_gives_its_named_outputs(tmp_path):
    file = saved(tmp_path, identity_model("a"))

    (y,) = network(tmp_path, file).run(["y"], {"x": np.array([1, 2, 3], np.float32)})

    assert y.dtype == np.float32
    assert y.tolist() == [1, 2, 3]


def test_whole_numbers_come_back_as_float32(tmp_path):
    file = saved(tmp_path, identity_model("b", INT32), "int32")

    (y,) = network(tmp_path, file).run(["y"], {"x": np.array([1, 2, 3], np.int32)})

    assert y.dtype == np.float32


def test_a_network_is_loaded_once(tmp_path):
    file = saved(tmp_path, identity_model("c"))

    assert network(tmp_path, file) is network(tmp_path, file)


def test_sessions_leave_a_processor_free_and_do_not_spin(tmp_path):
    options = network(tmp_path, saved(tmp_path, identity_model("d")))._session.get_session_options()

    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.intra_op_num_threads == threads() >= 1


def test_one_network_computes_at_a_time_and_a_cancelled_job_gives_up_its_turn(tmp_path):
    net = network(tmp_path, saved(tmp_path, identity_model("l")))
    waiting, job = threading.Event(), Job()
    inputs = {"x": np.zeros(3, np.float32)}
    outcome: list[BaseException] = []

    def run_behind() -> None:
        waiting.set()
        try:
            net.run(["y"], inputs, job)
        except JobCancelled as error:
            outcome.append(error)

    behind = threading.Thread(target=run_behind)
    with runtime._computing:  # as another network does while it computes
        behind.start()
        waiting.wait(10)
        behind.join(0.05)
        assert behind.is_alive()
        job.cancel()
    behind.join(10)

    assert len(outcome) == 1
    assert net.run(["y"], inputs)[0].tolist() == [0, 0, 0]


def test_values_that_are_not_numbers_are_refused(tmp_path):
    net = network(tmp_path, saved(tmp_path, identity_model("e")))

    with pytest.raises(PredictorError, match=r"toy.onnx gave values that are not numbers"):
        net.run(["y"], {"x": np.array([1, np.nan, 3], np.float32)})


def test_an_input_of_another_shape_is_refused_in_one_line(tmp_path):
    net = network(tmp_path, saved(tmp_path, identity_model("f")))

    with pytest.raises(PredictorError, match=r"toy.onnx failed: .*nvalid dimensions") as caught:
        net.run(["y"], {"x": np.zeros(4, np.float32)})
    assert "\n" not in str(caught.value)


def test_a_graph_that_is_not_what_the_card_says_is_refused(tmp_path):
    with pytest.raises(PredictorError, match="its card says x as tensor\\(uint8\\): correct the card"):
        network(tmp_path, saved(tmp_path, identity_model("g"), "uint8"))
    with pytest.raises(PredictorError, match="has no output 'heatmaps', which its card names"):
        network(tmp_path, saved(tmp_path, identity_model("h"), outputs=("y", "heatmaps")))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x08"])
def test_what_is_no_network_is_refused(tmp_path, content):
    with pytest.raises(PredictorError, match=r"toy.onnx cannot run here"):
        network(tmp_path, saved(tmp_path, content))


def test_a_changed_file_is_refused(tmp_path):
    file = saved(tmp_path, identity_model("i"))
    (tmp_path / "toy.onnx").write_bytes(identity_model("j"))

    with pytest.raises(PredictorError, match="is not the one its card describes"):
        network(tmp_path, file)


def test_without_onnxruntime_the_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)

    with pytest.raises(PredictorError, match=r"needs onnxruntime.*pip install onnxruntime.*labeling works without it"):
        network(tmp_path, saved(tmp_path, identity_model("k")))
