"""What the settings of a Koopman autoencoder may be."""

from typing import Any

import numpy as np

from separatrix.errors import bad_parameter

_OWNER = "KoopmanAutoencoder"
_WHOLE = ("latent", "neighbours", "steps", "batch", "window")
_POSITIVE = ("ridge", "temperature", "learning_rate", "tolerance")


def refuse_settings(settings: dict[str, Any], operators: tuple[str, ...]) -> None:
    """Refuse settings out of their ranges.

    Args:
        settings: as ``get_params`` gives them.
        operators: names of the ways to make the operator.

    Raises:
        bad_parameter: the first one that is out of range.
    """
    for name in _WHOLE:
        if not (isinstance(settings[name], (int, np.integer)) and settings[name] >= 1):
            raise bad_parameter(name, _OWNER, "an int in the range [1, inf)", settings[name])
    for name in _POSITIVE:
        if not (isinstance(settings[name], (int, float, np.number)) and settings[name] > 0):
            raise bad_parameter(name, _OWNER, "a float in the range (0, inf)", settings[name])
    if not 0 < settings["held_out"] < 1:
        raise bad_parameter("held_out", _OWNER, "a float in the range (0, 1)", settings["held_out"])
    if settings["operator"] not in operators:
        raise bad_parameter("operator", _OWNER, " or ".join(map(repr, operators)), settings["operator"])
    least = 2 * settings["neighbours"] + 2
    if settings["window"] < least:
        raise bad_parameter(
            "window", _OWNER, f"an int of at least {least}, twice the neighbours and two", settings["window"]
        )
