r"""Dynamical mean-field theory of a committee machine in high dimension, examples in proportion to inputs.

The network of ``theory.committee`` with d inputs and n = nu d examples, in the limit of first many units and then large
d, trained by gradient descent from standard normal weights on y = (beta . x)^2 / 2. Its weights are
:math:`w_i = c + a_i u + v_i`: the mean c over units; the spike u, which starts along beta with overlap :math:`1/\sqrt
d`, each unit having its own :math:`a_i\sim N(0,1)`; and the bulk v_i. All units obey one affine map, so that

* c and u are driven by the forces :math:`F_c = r(1+\epsilon\bar h)` and :math:`F_u = \epsilon r q` of their own fields
  :math:`\bar h = c\cdot x` and :math:`q = u\cdot x`, and the bulk by :math:`\epsilon r g_i` with :math:`g_i = v_i\cdot
  x`;
* the residual is :math:`r = \alpha[\bar h + \frac\epsilon2(\bar h^2 + q^2 - q_0^2 + B - 1)] - y`, where B is the mean
  of g_i^2 over units. It does not average out: every example feels its own past kicks to the bulk, which is how it is
  memorised.

By the cavity method a typical example and a typical weight obey

* h(t) = xi(t) - k sum_{s<t} R(t, s) F(s), g_i(t) = zeta_i(t) - k sum_{s<t} R_v(t, s) epsilon r(s) g_i(s),
* W(t+1) = W(t) - k [noise(t) + nu sum_{s<=t} S(t, s) W(s)],

with k = 2 dt / (nu alpha), Gaussian fields of the weights' covariance, noise of covariance nu E[F F^T], S the mean
response of the forces to the fields, and R the response of the weights to kicks. The averages are over examples, by
sampling. The equations are causal: one march in time solves them. Afterwards the whole solution is put through them
once more, and what changes is the residual that is reported.

Derived for this library; the paper announces such a theory (Kumar et al. 2023), its equations were not seen. What the
start of the spike leaves out (the data's own noise in the direction that escapes first) costs a delay of relative order
1 / ln d.
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm
from jaxtyping import Array, Bool, Float, PRNGKeyArray

TOLERANCE = 1e-6
"""Residual below which a solution counts as one: far below the sampling error, far above rounding."""


class MeanField(NamedTuple):
    """A solution; times are learning rate (of the rate N / alpha^2) x steps / d.

    Attributes:
        time: shape (times,).
        train_loss: mean squared error on the training examples, shape (times,).
        test_loss: on fresh inputs, shape (times,).
        overlap: of the spike with beta, u . beta / d, shape (times,).
        norm: squared norm of the weights over that at the start, shape (times,).
        residual: largest relative change of any kernel when the solution is put through the equations again.
        converged: whether that is below ``TOLERANCE``, and everything finite.
    """

    time: Float[Array, " times"]
    train_loss: Float[Array, " times"]
    test_loss: Float[Array, " times"]
    overlap: Float[Array, " times"]
    norm: Float[Array, " times"]
    residual: Float[Array, ""]
    converged: Bool[Array, ""]


class _Problem(NamedTuple):
    alpha: Array
    epsilon: Array
    nu: Array
    k: Array
    start: Array
    field: Array  # beta . x of every sampled example
    mixing: Array  # mixes the examples' forces into Gaussian noise of their covariance


class Kernels(NamedTuple):
    """What the weights tell the examples: overlaps, responses, covariance of the bulk; times are axes.

    Attributes:
        response: R of mean and spike, shape (2, times, 2, times).
        bulk_response: R_v, shape (times, times).
        overlap: of mean and spike with beta, over d, shape (2, times).
        memory: what is left of a bulk weight's initial value, shape (times,).
        bulk: covariance of the bulk's weights, shape (times, times).
    """

    response: Array
    bulk_response: Array
    overlap: Array
    memory: Array
    bulk: Array


class Averages(NamedTuple):
    """What the examples tell the weights.

    Attributes:
        drive: E[F beta . x], shape (2, times).
        stiffness: S, shape (2, times, 2, times).
        force: nu E[F F^T], shape (2, times, 2, times).
        bulk_stiffness: of the bulk, shape (times, times).
        bulk_force: of the bulk, shape (times, times).
        noise: a Gaussian field of covariance ``force`` for every example, shape (examples, 2, times).
    """

    drive: Array
    stiffness: Array
    force: Array
    bulk_stiffness: Array
    bulk_force: Array
    noise: Array


class _Paths(NamedTuple):
    residual: Array  # r, (examples, times)
    force: Array  # F, (examples, 2, times)
    bulk: Array  # J: g = J zeta, (examples, times, times)
    force_slope: Array  # dF / dxi, (examples, 2, times, 2, times)
    residual_slope: Array  # dr / dxi, (examples, times, 2, times)


def _follow(problem: _Problem, kernels: Kernels, noise: Array, paths: _Paths, t: Array) -> _Paths:
    """Every example's fields and forces at time t, and their responses, from what came before."""
    alpha, epsilon, k, kernel = problem.alpha, problem.epsilon, problem.k, kernels.response[:, t]
    xi = problem.field[:, None] * kernels.overlap[None, :, t] - k * jnp.einsum("abs,nbs->na", kernel, noise)
    h, q = (xi - k * jnp.einsum("abs,nbs->na", kernel, paths.force)).T
    bulk_row = -k * epsilon * jnp.einsum("ns,nsu->nu", kernels.bulk_response[t][None, :] * paths.residual, paths.bulk)
    bulk_row = bulk_row.at[:, t].set(1.0)
    seen = bulk_row @ kernels.bulk
    square = h**2 + q**2 - (problem.start * problem.field) ** 2 + jnp.sum(seen * bulk_row, axis=1) - 1
    r = alpha * (h + 0.5 * epsilon * square) - 0.5 * problem.field**2
    bulk = paths.bulk.at[:, t].set(bulk_row)
    covariance = jnp.einsum("nsu,nu->ns", bulk, seen)
    dh, dq = jnp.moveaxis(-k * jnp.einsum("abu,nbucs->nacs", kernel, paths.force_slope), 1, 0)
    dh, dq = dh.at[:, 0, t].add(1.0), dq.at[:, 1, t].add(1.0)
    own = (bulk_row @ kernels.bulk_response) * covariance
    d_square = -2 * k * epsilon * jnp.einsum("nu,nucs->ncs", own, paths.residual_slope)
    slope_h, slope_q, bend = (1 + epsilon * h)[:, None, None], (epsilon * q)[:, None, None], epsilon * r[:, None, None]
    dr = alpha * (slope_h * dh + slope_q * dq + 0.5 * epsilon * d_square)
    force_slope = jnp.stack([slope_h * dr + bend * dh, slope_q * dr + bend * dq], axis=1)
    return _Paths(
        paths.residual.at[:, t].set(r),
        paths.force.at[:, :, t].set(jnp.stack([r * (1 + epsilon * h), epsilon * r * q], axis=1)),
        bulk,
        paths.force_slope.at[:, :, t].set(force_slope),
        paths.residual_slope.at[:, t].set(dr),
    )


def _average(problem: _Problem, kernels: Kernels, paths: _Paths, averages: Averages, t: Array) -> Averages:
    """The averages over examples at time t and all earlier ones."""
    nu, epsilon, examples = problem.nu, problem.epsilon, problem.field.shape[0]
    r, force, bulk_row = paths.residual[:, t], paths.force[:, :, t], paths.bulk[:, t]
    covariance = jnp.einsum("nsu,nu->ns", paths.bulk, bulk_row @ kernels.bulk)
    row = nu * jnp.einsum("na,nbs->abs", force, paths.force) / examples
    bulk_force = nu * epsilon**2 * jnp.mean(r[:, None] * paths.residual * covariance, axis=0)
    return Averages(
        averages.drive.at[:, t].set(jnp.mean(force * problem.field[:, None], axis=0)),
        averages.stiffness.at[:, t].set(jnp.mean(paths.force_slope[:, :, t], axis=0)),
        averages.force.at[:, t].set(row).at[:, :, :, t].set(jnp.transpose(row, (1, 2, 0))),
        averages.bulk_stiffness.at[t].set(epsilon * jnp.mean(r[:, None] * bulk_row, axis=0)),
        averages.bulk_force.at[t].set(bulk_force).at[:, t].set(bulk_force),
        averages.noise.at[:, :, t].set(jnp.sqrt(nu / examples) * problem.mixing @ force),
    )


def _propagate(problem: _Problem, averages: Averages, kernels: Kernels, t: Array) -> Kernels:
    """The kernels at time t + 1 (dropped where that is beyond the horizon)."""
    k, pull = problem.k, problem.k * problem.nu
    stiffness, bulk_stiffness = averages.stiffness[:, t], averages.bulk_stiffness[t]
    kick = jnp.zeros_like(kernels.response[:, 0]).at[0, 0, t].set(1.0).at[1, 1, t].set(1.0)
    response = kernels.response[:, t] + kick - pull * jnp.einsum("abu,bucs->acs", stiffness, kernels.response)
    bulk_row = (kernels.bulk_response[t] - pull * bulk_stiffness @ kernels.bulk_response).at[t].add(1.0)
    memory = kernels.memory.at[t + 1].set(kernels.memory[t] - pull * bulk_stiffness @ kernels.memory)
    bulk_response = kernels.bulk_response.at[t + 1].set(bulk_row)
    bulk = memory[t + 1] * memory + k**2 * bulk_response @ (averages.bulk_force @ bulk_row)
    return Kernels(
        kernels.response.at[:, t + 1].set(response),
        bulk_response,
        kernels.overlap.at[:, t + 1].set(kernels.overlap[:, t] - pull * averages.drive[:, t]),
        memory,
        kernels.bulk.at[t + 1].set(bulk).at[:, t + 1].set(bulk),
    )


def _blank(problem: _Problem, times: int) -> tuple[_Paths, Averages, Kernels]:
    n, square, pair = problem.field.shape[0], jnp.zeros((times, times)), jnp.zeros((2, times, 2, times))
    paths = _Paths(
        jnp.zeros((n, times)),
        jnp.zeros((n, 2, times)),
        jnp.zeros((n, times, times)),
        jnp.zeros((n, 2, times, 2, times)),
        jnp.zeros((n, times, 2, times)),
    )
    averages = Averages(jnp.zeros((2, times)), pair, pair, square, square, jnp.zeros((n, 2, times)))
    overlap = jnp.zeros((2, times)).at[1, 0].set(problem.start)
    first = jnp.zeros(times).at[0].set(1.0)
    return paths, averages, Kernels(pair, square, overlap, first, square.at[0, 0].set(1.0))


def march(problem: _Problem, times: int) -> tuple[_Paths, Averages, Kernels]:
    """The solution, one time after the other: what happens at a time needs only what came before."""

    def step(now: tuple[_Paths, Averages, Kernels], t: Array) -> tuple[tuple[_Paths, Averages, Kernels], None]:
        paths, averages, kernels = now
        paths = _follow(problem, kernels, averages.noise, paths, t)
        averages = _average(problem, kernels, paths, averages, t)
        return (paths, averages, _propagate(problem, averages, kernels, t)), None

    return jax.lax.scan(step, _blank(problem, times), jnp.arange(times))[0]


def sweep(problem: _Problem, averages: Averages, kernels: Kernels) -> tuple[Averages, Kernels]:
    """Put a whole candidate through the equations: all examples with its kernels, then all kernels anew."""
    times = kernels.memory.shape[0]
    paths, blank, empty = _blank(problem, times)

    def follow(now: tuple[_Paths, Averages], t: Array) -> tuple[tuple[_Paths, Averages], None]:
        followed = _follow(problem, kernels, averages.noise, now[0], t)
        return (followed, _average(problem, kernels, followed, now[1], t)), None

    (_, found), _ = jax.lax.scan(follow, (paths, blank), jnp.arange(times))
    again, _ = jax.lax.scan(lambda now, t: (_propagate(problem, found, now, t), None), empty, jnp.arange(times))
    return found, again


def residual(problem: _Problem, averages: Averages, kernels: Kernels) -> Float[Array, ""]:
    """Largest change in one sweep of any kernel or average, relative to its largest entry."""
    again = jax.tree.leaves(sweep(problem, averages, kernels))
    given = jax.tree.leaves((averages, kernels))
    return jnp.max(
        jnp.stack([jnp.max(jnp.abs(a - b)) / (jnp.max(jnp.abs(b)) + 1e-30) for a, b in zip(again, given, strict=True)])
    )


def _fresh_loss(problem: _Problem, kernels: Kernels, covariance: Array) -> Float[Array, " times"]:
    """E r^2 of an example that was never trained on: r is a quadratic polynomial of three Gaussian fields."""
    times = kernels.memory.shape[0]
    square = problem.alpha * problem.epsilon
    fields = jnp.zeros((times, 3, 3)).at[:, :2, :2].set(covariance).at[:, 2, 2].set(1.0)
    fields = fields.at[:, :2, 2].set(kernels.overlap.T).at[:, 2, :2].set(kernels.overlap.T)
    curvature = jnp.stack([square, square, -1 - square * problem.start**2])
    turned = curvature[None, :, None] * fields
    mean = 0.5 * square * (jnp.diagonal(kernels.bulk) - 1) + 0.5 * jnp.trace(turned, axis1=1, axis2=2)
    return problem.alpha**2 * covariance[:, 0, 0] + mean**2 + 0.5 * jnp.einsum("tij,tji->t", turned, turned)


@functools.partial(jax.jit, static_argnames=("times", "examples"))
def committee_mean_field(
    key: PRNGKeyArray,
    scale: Float[Array, ""] | float,
    curvature: Float[Array, ""] | float,
    ratio: Float[Array, ""] | float,
    *,
    dimension: Float[Array, ""] | float,
    step: Float[Array, ""] | float,
    times: int,
    examples: int = 256,
    error: Float[Array, ""] | float = 0.0,
) -> MeanField:
    """Solve the mean-field equations on a grid of times.

    Args:
        key: draws the sample of examples over which averages are taken.
        scale: alpha.
        curvature: epsilon.
        ratio: nu, training examples per input dimension.
        dimension: d, which only sets the overlap 1 / sqrt(d) that the spike starts from.
        step: between two times, learning rate / d; descent itself is unstable beyond about 0.3 where features grow.
        times: number of times.
        examples: number of sampled examples; memory grows as examples x times^2.
        error: relative error put into the kernels before the residual is taken, to see that it would be noticed.

    Returns:
        Losses and order parameters at every time, with the residual. Nothing is raised when it did not converge:
        look at ``converged``.
    """
    field = norm.ppf((jnp.arange(examples) + 0.5) / examples)
    field = field / jnp.sqrt(jnp.mean(field**2))
    alpha, epsilon, nu, dt = (jnp.asarray(value, field.dtype) for value in (scale, curvature, ratio, step))
    start = 1 / jnp.sqrt(jnp.asarray(dimension, field.dtype))
    mixing = jax.random.normal(key, (examples, examples)) * (1 - jnp.eye(examples))
    problem = _Problem(alpha, epsilon, nu, 2 * dt / (nu * alpha), start, field, mixing)
    paths, averages, kernels = march(problem, times)
    noise = jnp.einsum("atbu,bucv,dtcv->tad", kernels.response, averages.force, kernels.response)
    covariance = problem.k**2 * noise + jnp.einsum("at,bt->tab", kernels.overlap, kernels.overlap)
    left = residual(problem, averages, jax.tree.map(lambda kernel: kernel * (1 + error), kernels))
    return MeanField(
        dt * jnp.arange(times),
        jnp.mean(paths.residual**2, axis=0),
        _fresh_loss(problem, kernels, covariance),
        kernels.overlap[1],
        (1 - start**2) * jnp.diagonal(kernels.bulk) + jnp.trace(covariance, axis1=1, axis2=2),
        left,
        (left < TOLERANCE) & jnp.all(jnp.isfinite(paths.residual)),
    )
