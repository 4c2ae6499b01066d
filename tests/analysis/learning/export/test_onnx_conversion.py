from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
import pytest
from flax import nnx

from analysis.errors import TrainingError
from analysis.learning.export.onnx_conversion import convert

WEIGHTS = np.random.default_rng(5).normal(size=(4, 3)).astype(np.float32)
PLACES = np.array([[2, 0], [3, 3]])


def attention(x):
    heads = x.reshape(len(x), 5, 2, 2)
    return nnx.dot_product_attention(heads, heads, heads, mask=(jnp.arange(5) < 4)[None, None, None])


def neighbours(x):
    """As a dynamic graph finds them: distances as one product, the nearest ones, their values."""
    square = jnp.sum(x**2, axis=-1)
    distance = square[:, :, None] + square[:, None] - 2 * jnp.einsum("bif,bjf->bij", x, x)
    _, places = jax.lax.top_k(-distance, 3)
    return jax.vmap(lambda points, chosen: points[chosen])(x, places)


def recurrence(x, reverse=False):
    def step(carried, values):
        state, count = carried
        state = jnp.tanh(values @ WEIGHTS @ WEIGHTS.T + 0.5 * state)
        return (state, count + 1), (state[:, :2], carried[1])

    start = (jnp.zeros((len(x), 4)), jnp.int32(0))
    (last, count), (states, counts) = jax.lax.scan(step, start, jnp.moveaxis(x, 1, 0), reverse=reverse)
    return last + count, jnp.moveaxis(states, 0, 1), counts


def convolution(x, **options):
    kernel = np.random.default_rng(2).normal(size=options.pop("kernel")).astype(np.float32)
    image = x.reshape(len(x), 5, 4, 1) * jnp.arange(1.0, 3.0)
    given = {"window_strides": (1, 1), "padding": "SAME", "dimension_numbers": ("NHWC", "HWIO", "NHWC")} | options
    return jax.lax.conv_general_dilated(image, kernel, **given)


# every one is a function of x (n, 5, 4)
FUNCTIONS = {
    "arithmetic": lambda x: (x + 1) * x - x / (2 + x**2) + x**3 - jnp.sqrt(jnp.abs(x)) + jax.lax.rsqrt(1 + x * x),
    "exponentials": lambda x: jnp.exp(x) + jnp.log(1 + x**2) + jnp.exp2(x) + jnp.expm1(x) + jnp.log1p(jnp.abs(x)),
    "small numbers": lambda x: (jnp.expm1(1e-5 * x) + jnp.log1p(1e-5 * x)) * 1e5,
    "angles": lambda x: jnp.sin(x) + jnp.cos(x) + jnp.tanh(x) + jnp.arcsinh(x) + jnp.arctan(x) + jnp.sinh(x / 4),
    "directions": lambda x: jnp.arctan2(x, x[..., ::-1]) + jnp.arctan2(jnp.round(x), jnp.floor(x)),
    "activations": lambda x: jax.nn.silu(x) + jax.nn.gelu(x) + jax.nn.elu(x) + jax.nn.softplus(x) + jax.nn.relu(x),
    "exact gelu": lambda x: jax.nn.gelu(x, approximate=False) + jax.lax.erfc(x) + jnp.cbrt(x),
    "remainders": lambda x: jnp.mod(x, 0.7) + jax.lax.rem(x, 0.7) + jnp.sign(x) + jnp.ceil(x),
    "choices": lambda x: jnp.where((x > 0) & ~(x > 1) | (x < -1), x, jnp.nan_to_num(-x)) + jnp.clip(x, -0.5, 0.5),
    "truth values": lambda x: jnp.where(x > 0, x[..., :1] > 0, x[..., 1:2] > 0).astype(jnp.float32) + (x != x[:1]),
    "finite": lambda x: jnp.isfinite(jnp.where(x > 1, jnp.inf, x)).astype(jnp.int32),
    "softmax": lambda x: jax.nn.softmax(x) + jax.nn.log_softmax(x, axis=1) + jax.nn.logsumexp(x, axis=-1)[..., None],
    "reductions": lambda x: x.sum((1, 2)) + x.max((1, 2)) * x.min((1, 2)) + x.mean(1).prod(-1) + x.std((1, 2)),
    "logical reductions": lambda x: jnp.any(x > 1, axis=1) & jnp.all(x > -1.5, axis=1),
    "places of extremes": lambda x: (jnp.argmax(x, axis=1), jnp.argmin(x, axis=-1)),
    "sums so far": lambda x: jnp.cumsum(x, axis=1) + jnp.cumsum(x[:, ::-1], axis=2)[:, ::-1],
    "shapes": lambda x: jnp.swapaxes(x, 1, 2).reshape(len(x), -1)[:, None, :, None] + jnp.zeros((1, 2, 1, 1)),
    "parts": lambda x: jnp.concatenate([x[:, 1:4:2], x[:, :2]], axis=1) + jnp.stack([x[:, 0]] * 4, axis=1),
    "all parts": lambda x: jnp.concatenate(jnp.split(x, [1, 3], axis=1)[::-1], axis=1)[..., ::-1],
    "moved parts": lambda x: jax.lax.dynamic_slice_in_dim(x, jnp.argmax(x[0, 0]), 3, axis=1),
    "padding": lambda x: jnp.pad(x, ((0, 0), (1, 2), (0, 1)), constant_values=3.0),
    "padding between": lambda x: jax.lax.pad(x, 2.0, ((0, 0, 0), (1, -1, 2), (-1, 0, 1))),
    "counting": lambda x: x + jnp.arange(len(x))[:, None, None] + jnp.arange(5)[:, None] + jnp.eye(5, 4),
    "matrices": lambda x: x @ WEIGHTS + jnp.einsum("bif,bjf,fk->bik", x, x, WEIGHTS),
    "products of columns": lambda x: (WEIGHTS.T @ x.reshape(-1, 4).T).T.reshape(x.shape[0], 5, 3),
    "traces of products": lambda x: jnp.einsum("bif,bif->b", x, x),
    "indexing": lambda x: x[:, PLACES] + x[:, 0, PLACES][..., None],
    "indexing two axes": lambda x: x[:, PLACES, PLACES[::-1]],
    "indexing the last axis": lambda x: x[..., PLACES],
    "taking along an axis": lambda x: jnp.take_along_axis(x, jnp.argsort(x, axis=1)[:, :2], axis=1),
    "taking out of range": jax.vmap(
        lambda x: jnp.take(x, jnp.argmax(x, axis=0) + 2, axis=0, mode="fill", fill_value=7)
    ),
    "sorting": lambda x: (jnp.sort(x, axis=1), jnp.argsort(jnp.round(x), axis=-1), jnp.sort(x, axis=2)[..., ::-1]),
    "neighbours": neighbours,
    "one of many": lambda x: jax.nn.one_hot(jnp.argmax(x, axis=-1), 4),
    "attention": attention,
    "recurrence": recurrence,
    "recurrence backwards": lambda x: recurrence(x, reverse=True),
    "a loop": lambda x: jax.lax.fori_loop(0, 3, lambda i, a: a * x[:, 0] + i, x[:, 1]),
    "convolution": lambda x: convolution(x, kernel=(3, 2, 2, 6)),
    "convolution in groups": lambda x: convolution(x, kernel=(3, 3, 1, 4), feature_group_count=2, rhs_dilation=(1, 2)),
    "transposed convolution": lambda x: convolution(
        x, kernel=(3, 3, 2, 1), lhs_dilation=(2, 3), padding=((1, 2), (2, 2)), window_strides=(1, 2)
    ),
    "pooling": lambda x: (
        nnx.max_pool(x[..., None], (2, 2), (2, 1), "SAME") + nnx.avg_pool(x[..., None], (2, 2), (2, 1), "SAME")
    ),
    "recomputation": lambda x: jax.checkpoint(lambda a: jnp.tanh(a) * 2)(x),
    "a constant": lambda x: jnp.zeros((len(x), 2)) + jnp.float32(3) * jnp.ones(2),
}


@pytest.mark.long
@pytest.mark.parametrize("name", FUNCTIONS)
def test_gives_what_jax_gives(name, quick_compilation):
    random = np.random.default_rng(3)
    leaves = jax.tree.leaves(jax.eval_shape(FUNCTIONS[name], jax.ShapeDtypeStruct((2, 5, 4), jnp.float32)))
    x = random.normal(size=(7, 5, 4)).astype(np.float32)
    for which, leaf in enumerate(leaves):

        def function(arrays, which=which):
            return jax.tree.leaves(FUNCTIONS[name](arrays["x"]))[which]

        model = convert(function, {"x": ((5, 4), np.float32)}, "y", "test")
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        expected = np.asarray(jax.jit(function)({"x": x}))
        for events in (1, 7):
            (found,) = session.run(["y"], {"x": x[:events]})
            of_these = expected[:events] if leaf.shape[0] == 2 else expected
            assert (found.dtype, found.shape) == (leaf.dtype, of_these.shape)
            assert np.allclose(found, of_these, rtol=3e-6, atol=3e-6, equal_nan=True)


def test_several_inputs_and_the_same_bytes_again():
    inputs = {"b": ((3,), np.float32), "a": ((), np.bool_)}

    def function(arrays):
        return jnp.where(arrays["a"], jnp.tanh(arrays["b"]).sum(-1), -1.0)

    first, second = (convert(function, inputs, "y", "test").SerializeToString(deterministic=True) for _ in range(2))
    assert first == second
    session = onnxruntime.InferenceSession(first, providers=["CPUExecutionProvider"])
    assert {one.name: one.shape for one in session.get_inputs()} == {"a": ["n"], "b": ["n", 3]}
    feed = {"a": np.array([True, False]), "b": np.full((2, 3), 0.5, np.float32)}
    assert np.allclose(session.run(None, feed)[0], [3 * np.tanh(0.5), -1])


def test_nothing_unneeded_is_written():
    def function(arrays):
        jnp.sin(arrays["x"])
        model = nnx.Linear(4, 2, rngs=nnx.Rngs(0), kernel_init=nnx.initializers.he_normal())
        model.kernel[...] = jnp.ones((4, 2))
        return model(arrays["x"])

    model = convert(function, {"x": ((4,), np.float32)}, "y", "test")
    assert {node.op_type for node in model.graph.node} <= {"Add", "Identity", "MatMul"}
    assert sum(np.prod(one.dims) for one in model.graph.initializer) == 10


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda a: jnp.linalg.cholesky(a["x"] @ a["x"].mT), "cholesky"),
        (lambda a: jax.random.normal(jax.random.key(jnp.argmax(a["x"][0, 0])), (len(a["x"]),)), "random"),
        (lambda a: a["x"].astype(jnp.bfloat16), "bfloat16"),
    ],
)
def test_what_onnx_does_not_have_is_named(function, said):
    with pytest.raises(TrainingError, match=said):
        convert(function, {"x": ((5, 4), np.float32)}, "y", "test")
