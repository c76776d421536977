"""Recipe image-classifier-gpu: the work of image-classifier, declared for a GPU."""

import math

from engine.recipes.image_classifier import ImageClassifier

STEP_S, START_S = 1e-3, 14.0  # nothing was measured: what torch needs to launch one step, and to wake a device


class ImageClassifierGpu(ImageClassifier):
    """The recipe Image classifier on a GPU: the same settings, the same network, the same kind of model.

    It pays off with many pictures and large batches; the built-in digits are done sooner and cheaper on a CPU. The same
    seed gives the same network on the same kind of GPU, and one that differs by rounding elsewhere.
    """

    slug = "image-classifier-gpu"
    title = "Image classifier on a GPU"
    summary = "The image classifier trained on a GPU: for many pictures and large batches."
    memory_gib = 3.0
    gpus = 1

    def forecast_seconds(self, params: ImageClassifier.Params) -> float:
        pictures = 1_800 if params.dataset == "digits" else 70_000
        pictures = min(params.limit, pictures) if params.limit else pictures
        return START_S + params.epochs * math.ceil(pictures / params.batch_size) * STEP_S
