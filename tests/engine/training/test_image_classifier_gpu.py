import pytest
import torch

from engine.data.images import load_images
from engine.events import Failed
from engine.models.specification import ConvNetSpec
from engine.recipe import RecipeError, Workspace
from engine.recipes import RECIPES
from engine.runner import FAILED, perform
from engine.training.device import prepare_torch
from engine.training.fitting import ClassifierFit

PLAIN, GPU = RECIPES["image-classifier"], RECIPES["image-classifier-gpu"]
no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="torch sees a GPU here")
with_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")


def fit_on(device, tmp_path):
    data = load_images("digits", tmp_path, validation_share=0.1, limit=200, seed=0)
    return ClassifierFit(
        ConvNetSpec(), data.train, batch_size=32, learning_rate=1e-3, seed=0, device=torch.device(device)
    )


def test_it_is_the_same_work_on_another_device():
    assert (PLAIN.device, GPU.device) == ("cpu", "cuda")
    assert GPU.Params is PLAIN.Params
    assert GPU.produces == PLAIN.produces
    assert GPU.work(GPU.parse({})) == PLAIN.work(PLAIN.parse({}))


def test_larger_batches_are_forecast_to_be_done_sooner():
    small, large = ({"dataset": "mnist", "batch_size": size} for size in (32, 1024))
    assert GPU.forecast_seconds(GPU.parse(large)) < GPU.forecast_seconds(GPU.parse(small))


def test_network_pictures_and_sums_all_live_on_the_device(tmp_path):
    """The device `meta` computes nothing, and refuses a tensor that was left elsewhere."""
    fit = fit_on("meta", tmp_path)
    for rows in fit.remaining_batches():
        fit.learn(rows)
    slots = [slot for state in fit.optimizer.state.values() for name, slot in state.items() if name != "step"]
    assert {tensor.device.type for tensor in [*fit.model.parameters(), *slots, fit._loss, fit._correct]} == {"meta"}
    assert fit.step == 6


@pytest.mark.filterwarnings("ignore:for .* copying from a non-meta parameter")
def test_a_checkpoint_goes_on_on_another_device(tmp_path):
    """Its tensors are on the CPU, and go where the run that restores them is."""
    first = fit_on("cpu", tmp_path)
    for rows in first.remaining_batches():
        first.learn(rows)
    saved = first.checkpoint({}, [])
    assert {tensor.device.type for tensor in saved.tensors.values()} == {"cpu"}
    second = fit_on("meta", tmp_path)
    second.restore(saved)
    second.learn(next(second.remaining_batches(), torch.arange(32, device="meta")))
    slots = [slot for state in second.optimizer.state.values() for name, slot in state.items() if name != "step"]
    assert {tensor.device.type for tensor in slots} == {"meta"}


@no_gpu
def test_without_a_gpu_it_ends_at_once_and_says_the_mend(tmp_path):
    told = []
    workspace = Workspace(root=tmp_path, datasets=tmp_path, device=GPU.device)
    assert perform(GPU.slug, {"limit": 200}, workspace, told.append) == FAILED
    failed = told[-1]
    assert isinstance(failed, Failed)
    assert failed.code == "no_device"
    assert "torch sees no GPU here" in failed.message
    assert failed.mend.startswith("Start the job where torch sees a GPU")


@no_gpu
def test_a_numbered_gpu_is_refused_in_the_same_words(tmp_path):
    with pytest.raises(RecipeError, match="torch sees no GPU here"):
        prepare_torch(Workspace(root=tmp_path, datasets=tmp_path, device="cuda:7"), seed=0)


@with_gpu
def test_the_same_seed_gives_the_same_network_on_a_gpu(run_recipe, tmp_path):
    for name in ("one", "other"):
        run_recipe(GPU.slug, {"epochs": 2, "limit": 200}, tmp_path / name, device="cuda")
    models = [(tmp_path / name / "artifact" / "model.safetensors").read_bytes() for name in ("one", "other")]
    assert models[0] == models[1]
