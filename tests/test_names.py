"""Public names are where Keras 3 has them."""

import subprocess
import sys

import pytest

import weigh


@pytest.mark.parametrize(
    "statement",
    [
        "from weigh.optimizers import Adam",
        "from weigh.callbacks import EarlyStopping",
        "from weigh.losses import BinaryCrossentropy",
        "from weigh.metrics import AUC",
        "from weigh.initializers import GlorotUniform",
        "from weigh.layers import Dense",
        "from weigh.models import Model",
        "from weigh import Sequential",
        "import weigh.regularizers",
        "import weigh.saving as saving; saving.load_model",
        "from weigh.constraints import *; MaxNorm",
    ],
)
def test_names_are_imported_as_from_keras_without_arrays(statement):
    script = f"{statement}; import sys; assert not {{'numpy', 'jax'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_there_is_one_object_of_each_name():
    from weigh.training.optimizers import Adam

    assert weigh.optimizers.Adam is Adam
    assert "Adam" in dir(weigh.optimizers)
    assert {"optimizers", "layers", "Model"} <= set(dir(weigh))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = weigh.optimizers.Adamant
    with pytest.raises(AttributeError):
        _ = weigh.Modell
    with pytest.raises(ModuleNotFoundError):
        __import__("weigh.optimizers.adam")
