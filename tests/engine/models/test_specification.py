from engine.models.convnet import build_convnet
from engine.models.specification import ConvNetSpec


def test_the_default_network_has_5408_features_and_54410_parameters():
    assert (ConvNetSpec().features, ConvNetSpec().parameter_count) == (5_408, 54_410)


def test_the_count_on_paper_is_the_count_in_torch():
    for spec in (ConvNetSpec(), ConvNetSpec(image_size=12, channels=3, kernel=5, pool=2, classes=4)):
        assert sum(p.numel() for p in build_convnet(spec).parameters()) == spec.parameter_count
