"""Settings by name."""

import keras
import pytest

import weigh
from weigh.errors import StateError


def test_values_are_attributes_and_items_as_in_keras():
    for config in (weigh.utils.Config(units=3), keras.utils.Config(units=3)):
        config.rate = 0.5
        config["name"] = "a"
        assert (config.units, config["rate"], config.get("none", 7)) == (3, 0.5, 7)
        assert config.as_dict() == {"units": 3, "rate": 0.5, "name": "a"}
        assert config.to_json() == '{"units": 3, "rate": 0.5, "name": "a"}'
        assert (len(config), sorted(config), "rate" in config) == (3, ["name", "rate", "units"], True)
        assert config.pop("rate") == 0.5


def test_what_is_frozen_stays():
    config = weigh.utils.Config(units=3)
    config.freeze()
    assert config.frozen
    for change in (lambda: setattr(config, "units", 4), lambda: config.pop("units"), lambda: config.update(a=1)):
        with pytest.raises(StateError, match="unfreeze"):
            change()
    config.unfreeze()
    config.units = 4
    assert config.units == 4


def test_a_value_that_is_not_there_is_answered_with_the_nearest_name():
    with pytest.raises(AttributeError, match="units"):
        _ = weigh.utils.Config(units=3).unit
    with pytest.raises(LookupError, match="units"):
        _ = weigh.utils.Config(units=3)["unit"]
