"""A fitted Koopman autoencoder as one safetensors file, and back."""

import json
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError
from separatrix.models.checkpoint import load_checkpoint, save_checkpoint
from separatrix.models.koopman.autoencoder import Autoencoder, autoencoder

_KIND = "KoopmanAutoencoder"


class Stored:
    """An estimator with a network ``model_`` that can be written to a file and read again."""

    def save(self, path: Path | str) -> None:
        """Write the fitted model as one safetensors file.

        Args:
            path: the file; its folder must exist.
        """
        check_is_fitted(self)
        fitted = {name: value for name, value in vars(self).items() if name.endswith("_") and name != "model_"}
        write_autoencoder(path, vars(self)["model_"], fitted, cast(Any, self).get_params())

    @classmethod
    def load(cls, path: Path | str) -> Any:
        """The model that ``save`` wrote.

        Args:
            path: the file.

        Returns:
            The fitted estimator.

        Raises:
            SeparatrixError: the file is missing, or holds something else.
        """
        network, fitted, parameters = read_autoencoder(path)
        model = cls(**parameters)
        for name, value in (fitted | {"model_": network}).items():
            setattr(model, name, value)
        return model


def write_autoencoder(
    path: Path | str, network: Autoencoder, fitted: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """Write a network, what was fitted with it, and the parameters that it was made with.

    Args:
        path: the file; its folder must exist.
        network: the trained network.
        fitted: names to arrays of numbers or of text, or plain values.
        parameters: of the estimator, plain values.
    """
    numbers = {name: value for name, value in fitted.items() if _numeric(value)}
    plain = {name: value for name, value in fitted.items() if name not in numbers}
    texts = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in plain.items()}
    complex_ones = [name for name, value in numbers.items() if np.iscomplexobj(value)]
    # safetensors has no complex numbers: real and imaginary parts lie along a last axis of two
    arrays = {name: _parts(value) if name in complex_ones else value for name, value in numbers.items()}
    shapes = {name: [value.shape, value.dtype.name] for name, value in arrays.items()}
    facts = {"kind": _KIND, "parameters": parameters, "texts": texts, "complex": complex_ones, "shapes": shapes}
    save_checkpoint(path, (network, arrays), facts)


def read_autoencoder(path: Path | str) -> tuple[Autoencoder, dict[str, Any], dict[str, Any]]:
    """What ``write_autoencoder`` wrote.

    Args:
        path: the file.

    Returns:
        The network, what was fitted, and the parameters.

    Raises:
        SeparatrixError: the file is missing or holds something else.
    """
    facts = _facts(path)
    if facts.get("kind") != _KIND:
        raise SeparatrixError(f"{str(path)!r} holds no fitted {_KIND}. Give a file that its save() wrote.")
    parameters = facts["parameters"] | {"hidden": tuple(facts["parameters"]["hidden"])}
    like = autoencoder(
        facts["texts"]["n_features_in_"], parameters["latent"], parameters["hidden"], key=jax.random.key(0)
    )
    with jax.enable_x64(True):
        empty = {name: np.zeros(shape, dtype) for name, (shape, dtype) in facts["shapes"].items()}
        (network, arrays), _ = load_checkpoint(path, (like, empty))
    numbers = {name: np.asarray(value) for name, value in arrays.items()}
    for name in facts["complex"]:
        numbers[name] = numbers[name][..., 0] + 1j * numbers[name][..., 1]
    texts = {
        name: np.array(value, dtype=object) if isinstance(value, list) else value
        for name, value in facts["texts"].items()
    }
    return network, numbers | texts, parameters


def _numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fc"


def _parts(value: np.ndarray) -> np.ndarray:
    return np.stack([np.real(value), np.imag(value)], axis=-1)


def _facts(path: Path | str) -> dict[str, Any]:
    try:
        with safe_open(str(path), framework="numpy") as file:
            return json.loads((file.metadata() or {}).get("facts", "{}"))
    except (OSError, SafetensorError) as error:
        raise SeparatrixError(f"Cannot read the model {str(path)!r}: {error}.") from error
