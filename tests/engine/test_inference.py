import numpy as np
import onnx
import pytest

from engine.artifact import Description, write_artifact
from engine.inference import Predictor, open_session
from engine.recipe import RecipeError


@pytest.fixture(scope="module")
def predictor(classifier):
    return Predictor.load(classifier[0])


def test_a_batch_of_any_size_gives_one_row_of_logits_each(predictor):
    for rows in (1, 2, 7):
        assert predictor.predict(np.zeros((rows, 1, 28, 28), np.float32)).shape == (rows, 10)


def test_a_row_alone_and_in_a_batch_gives_the_same_answer(predictor):
    batch = np.random.default_rng(0).random((8, 1, 28, 28), np.float32)
    alone = np.concatenate([predictor.predict(batch[i : i + 1]) for i in range(8)])
    np.testing.assert_allclose(predictor.predict(batch), alone, atol=1e-5)


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros((28, 28)),
        np.zeros((0, 1, 28, 28)),
        np.zeros((1, 28, 28, 1)),
        np.float32(1),
        np.full((1, 1, 28, 28), np.nan),
        np.full((1, 1, 28, 28), "a"),
    ],
    ids=["no batch", "empty", "channels last", "scalar", "nan", "text"],
)
def test_an_input_that_does_not_fit_is_refused(predictor, batch):
    with pytest.raises(RecipeError) as caught:
        predictor.predict(batch)
    assert caught.value.code == "wrong_input"


def test_a_graph_that_reads_other_files_is_refused():
    tensor = onnx.TensorProto(name="w", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    graph = onnx.helper.make_graph([], "g", [], [], initializer=[tensor])
    with pytest.raises(ValueError, match="other files"):
        open_session(onnx.helper.make_model(graph).SerializeToString())


def test_a_graph_that_is_none_is_told_as_a_corrupt_artifact(tmp_path):
    signature = {"inputs": [{"name": "x", "shape": [-1, 1]}], "outputs": []}
    description = Description("toy", "toy", {}, {}, signature, {}, {}, 1)
    write_artifact(tmp_path / "artifact", description, {"model.onnx": b"not a graph"})
    with pytest.raises(RecipeError) as caught:
        Predictor.load(tmp_path / "artifact")
    assert caught.value.code == "corrupt_artifact"
