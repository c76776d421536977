import numpy as np
import onnx
import pytest
import torch

from engine.models.export import check_parity, to_onnx
from engine.recipe import RecipeError

ROWS = np.random.default_rng(0).random((5, 3), np.float32)


@pytest.fixture(scope="module")
def layer():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2)


@pytest.fixture(scope="module")
def graph(layer):
    return to_onnx(layer, ROWS[:2], input_name="x", output_name="y")


def test_the_graph_computes_what_torch_computes(layer, graph):
    assert check_parity(layer, graph, ROWS) <= 1e-4


def test_a_graph_that_computes_something_else_is_refused(graph):
    with pytest.raises(RecipeError) as caught:
        check_parity(torch.nn.Linear(3, 2), graph, ROWS)
    assert caught.value.code == "parity"


def test_a_graph_that_computes_no_number_is_refused(graph):
    broken = torch.nn.Linear(3, 2)
    torch.nn.init.constant_(broken.weight, float("nan"))
    with pytest.raises(RecipeError):
        check_parity(broken, graph, ROWS)


def test_the_graph_is_self_contained_and_names_no_path_of_this_machine(graph):
    model = onnx.load_model_from_string(graph)
    onnx.checker.check_model(model)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert b"site-packages" not in graph
    assert b".py" not in graph
