r"""The sharpness at which an optimiser becomes unstable on a quadratic: 2/lr, and what momentum and Adam make of it.

Along an eigendirection of the Hessian with curvature h, each update is a linear recursion of second order,
:math:`x_{t+1} = p\,x_t - q\,x_{t-1}`. Both roots of :math:`z^2 - pz + q` lie inside the unit circle if and only if
:math:`|q| < 1`, :math:`1 - p + q > 0` and :math:`1 + p + q > 0` (Jury). For positive h the last one fails first: a root
leaves through :math:`z = -1`, which is the oscillation seen at the edge of stability.
"""

from separatrix.errors import bad_parameter


def _check(learning_rate: float | int, momentum: float | int, owner: str) -> None:
    if not float(learning_rate) > 0:
        raise bad_parameter("learning_rate", owner, "a float in the range (0, inf)", float(learning_rate))
    if not 0 <= float(momentum) < 1:
        raise bad_parameter("momentum", owner, "a float in the range [0, 1)", float(momentum))


def heavy_ball_threshold(learning_rate: float | int, momentum: float | int = 0.0) -> float:
    """Largest stable curvature of (heavy-ball) gradient descent: 2 (1 + b) / lr.

    The update m = b m + g, x = x - lr m is x' = (1 + b - lr h) x - b x_previous, so that 1 + p + q = 2 (1 + b) - lr h.
    It is the convention of ``torch.optim.SGD`` (dampening 0) and ``optax.sgd``.

    Args:
        learning_rate: the step size.
        momentum: b in [0, 1); 0 is plain descent.

    Returns:
        The threshold on the eigenvalues of the Hessian.

    Raises:
        SeparatrixError: for a learning rate that is not positive or a momentum outside [0, 1).

    >>> heavy_ball_threshold(0.5), heavy_ball_threshold(0.5, 0.5)
    (4.0, 6.0)
    """
    _check(learning_rate, momentum, "heavy_ball_threshold")
    return 2 * (1 + float(momentum)) / float(learning_rate)


def nesterov_threshold(learning_rate: float | int, momentum: float | int) -> float:
    """Largest stable curvature under Nesterov's momentum as frameworks write it: 2 (1 + b) / ((1 + 2 b) lr).

    The update m = b m + g, x = x - lr (g + b m) is x' = (1 + b)(1 - lr h) x - b (1 - lr h) x_previous, so that
    1 + p + q = 1 + (1 + 2 b)(1 - lr h).

    Args:
        learning_rate: the step size.
        momentum: b in [0, 1).

    Returns:
        The threshold on the eigenvalues of the Hessian.

    Raises:
        SeparatrixError: for a learning rate that is not positive or a momentum outside [0, 1).

    >>> nesterov_threshold(0.5, 0.5)
    3.0
    """
    _check(learning_rate, momentum, "nesterov_threshold")
    return 2 * (1 + float(momentum)) / ((1 + 2 * float(momentum)) * float(learning_rate))


def adam_threshold(learning_rate: float | int, b1: float | int = 0.9, weight_decay: float | int = 0.0) -> float:
    """Largest stable curvature of the *preconditioned* Hessian under Adam: (1 + b1)(2 - lr wd) / ((1 - b1) lr).

    With a preconditioner P = diag(sqrt(v) + eps) that changes slowly, Adam is momentum by moving average in the
    coordinates P^(1/2) x: m = b1 m + (1 - b1) g, x = (1 - lr wd) x - lr P^(-1) m. Along an eigenvector of P^(-1) H with
    eigenvalue h this is x' = (1 - lr wd + b1 - lr (1 - b1) h) x - b1 (1 - lr wd) x_previous, and
    1 + p + q = (1 + b1)(2 - lr wd) - lr (1 - b1) h. Without decay and for b1 = 0.9 that is 38 / lr. The decay is the
    decoupled one of AdamW; a decay that enters the gradient adds itself to the Hessian instead.

    Args:
        learning_rate: the step size.
        b1: decay of the moving average of gradients, in [0, 1).
        weight_decay: decoupled decay, per unit of learning rate.

    Returns:
        The threshold on the eigenvalues of P^(-1) H.

    Raises:
        SeparatrixError: for a learning rate that is not positive or a b1 outside [0, 1).

    >>> round(adam_threshold(0.1), 6)
    380.0
    """
    _check(learning_rate, b1, "adam_threshold")
    rate, average = float(learning_rate), float(b1)
    return (1 + average) * (2 - rate * float(weight_decay)) / ((1 - average) * rate)
