"""What an estimator of scikit-learn's kind is handed, read as series of states, or refused in one line."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from separatrix.errors import SeparatrixError
from separatrix.models.trajectories import Trajectories, as_trajectories, refuse_constant


class InvalidData(SeparatrixError, ValueError):
    """Data that an estimator cannot use; also a ``ValueError``, which is what scikit-learn's own tools expect."""


def given_series(data: Any, times: Any = None, inputs: Any = None) -> Trajectories:
    """Series of states from whatever ``as_trajectories`` takes, and from nested lists as scikit-learn reads them.

    Args:
        data: an array (times, dimension), a list of such, a data frame, an xarray object, or Trajectories. A list of
            lists of numbers is one array.
        times: as of ``as_trajectories``.
        inputs: as of ``as_trajectories``.

    Returns:
        The series.

    Raises:
        InvalidData: they cannot be used; one line says why.
    """
    try:
        return as_trajectories(_plain(data), times, inputs)
    except InvalidData:
        raise
    except SeparatrixError as error:
        raise InvalidData(str(error)) from error


def refuse_unusable(series: Trajectories, least: int, owner: str) -> None:
    """Refuse series that no model can be fitted to.

    Args:
        series: the series.
        least: states that the longest of them must have.
        owner: the estimator's name.

    Raises:
        InvalidData: all are too short, or a component or an input never changes.
    """
    refuse_short(series, least, owner)
    try:
        refuse_constant(series)
    except SeparatrixError as error:
        raise InvalidData(str(error)) from error
    if series.inputs is not None and not np.ptp(np.concatenate(series.inputs), axis=0).all():
        raise InvalidData(f"{owner} cannot tell the effect of an input that never changes. Leave it out.")


def refuse_short(series: Trajectories, least: int, owner: str) -> None:
    """Refuse series of which none is long enough.

    Args:
        series: the series.
        least: states that the longest of them must have.
        owner: the estimator's name.

    Raises:
        InvalidData: the longest has fewer.
    """
    longest = max(len(states) for states in series.states)
    if longest < least:
        raise InvalidData(
            f"{owner} needs a series of at least {least} states; the longest here has {longest} sample(s)."
        )


def remember(estimator: Any, series: Trajectories) -> None:
    """Let an estimator know the components that it is fitted to.

    Args:
        estimator: gets ``n_features_in_`` and ``feature_names_in_``.
        series: what it is fitted to.
    """
    estimator.n_features_in_ = series.dimension
    estimator.feature_names_in_ = np.array(series.names, dtype=object)


def given_again(estimator: Any, data: Any, inputs: Any = None, times: Any = None) -> Trajectories:
    """Series for an estimator that is already fitted.

    Args:
        estimator: has ``n_features_in_``.
        data: as of ``given_series``.
        inputs: as of ``given_series``.
        times: as of ``given_series``.

    Returns:
        The series.

    Raises:
        InvalidData: other components than it was fitted to.
    """
    check_is_fitted(estimator)
    expected, name = estimator.n_features_in_, type(estimator).__name__
    if expected > 1 and isinstance(data, np.ndarray) and data.ndim == 1:
        raise InvalidData(
            f"{name} was fitted to {expected} components and got an array of shape {data.shape}. Reshape your data to "
            f"(times, {expected}): one state is X[None, :]."
        )
    series = given_series(data, times, inputs)
    if series.dimension != expected:
        raise InvalidData(f"X has {series.dimension} features, but {name} is expecting {expected} features as input.")
    return series


def images_given(data: Any, images: Any) -> np.ndarray | None:
    """The states one step later, when ``y`` holds them.

    A transformer in a pipeline is handed the labels of what comes after it; so a vector ``y`` beside a matrix ``X`` is
    not about the dynamics, and is not used.

    Args:
        data: the states X.
        images: what came as y.

    Returns:
        The images, of the shape of the states; None where y holds no such thing.

    Raises:
        InvalidData: y is a matrix of another shape than X.
    """
    if images is None:
        return None
    several = isinstance(data, Trajectories) or (isinstance(data, (list, tuple)) and np.ndim(data[0]) > 1)
    shape = None if several else np.asarray(data).shape
    found = np.asarray(images)
    if found.ndim == 0 or (found.ndim == 1 and (shape is None or len(shape) != 1)):
        return None
    if found.shape != shape:
        raise InvalidData(
            f"y must hold the state that follows each row of X, in X's shape {shape or '(one array)'}; its shape is "
            f"{found.shape}."
        )
    return given_series(found).states[0]


def _plain(data: Any) -> Any:
    if sparse.issparse(data):
        raise InvalidData("Sparse data are not supported. Use X.toarray().")
    if isinstance(data, Trajectories) or type(data).__module__.partition(".")[0] in {"pandas", "xarray"}:
        return data
    if isinstance(data, (list, tuple)):
        rows = bool(data) and all(isinstance(row, (list, tuple)) for row in data)
        if not rows or any(np.ndim(entry) for entry in data[0]):
            return data
    values = np.asarray(data)
    if np.iscomplexobj(values):
        raise InvalidData("Complex data not supported. Give real and imaginary parts as separate components.")
    if values.dtype == object:
        values = values.astype(float)
    if values.ndim == 2 and 0 in values.shape:
        least = "0 sample(s)" if not values.shape[0] else "0 feature(s)"
        raise InvalidData(f"Found array with {least} (shape={values.shape}) while a minimum of 1 is required.")
    return values
