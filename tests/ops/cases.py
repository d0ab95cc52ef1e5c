"""Arguments for every function of `weigh.ops`: arrays stand for tensors, everything else for what it is."""

import numpy as np

rng = np.random.default_rng(0)


def floats(*shape, low=-2.0, high=2.0):
    return rng.uniform(low, high, shape).astype("float32")


def ints(*shape, low=0, high=5):
    return rng.integers(low, high, shape).astype("int32")


X = floats(2, 3, 4)
Y = floats(2, 3, 4)
ROW = floats(4)
POSITIVE = floats(2, 3, low=0.1, high=0.9)
LARGE = floats(2, 3, low=1.1, high=3.0)
K = ints(2, 3, 4)
J = ints(2, 3, 4, low=1)
B = rng.random((2, 3, 4)) < 0.5
C = rng.random((2, 3, 4)) < 0.5
HOLES = np.where(B, X, np.nan)
M = floats(2, 3, 3) + 3 * np.eye(3, dtype="float32")
SYMMETRIC = M @ M.transpose(0, 2, 1)
IMAGES = floats(2, 6, 5, 3, low=0, high=1)
SIGNAL = floats(2, 16)
PAIR = (floats(2, 4, 4), floats(2, 4, 4))
COMPLEX = (X[0] + 1j * Y[0]).astype("complex64")


def words(text):
    return text.split()


def case(*args, **kwargs):
    return args, kwargs


UNARY = words(
    "abs absolute angle arcsinh arctan bitwise_invert bitwise_not cbrt ceil conj conjugate copy cos cosh "
    "deg2rad exp exp2 expm1 fabs floor i0 imag isfinite isinf isnan isneginf isposinf isreal logical_not "
    "negative rad2deg real reciprocal round sign signbit sin sinc sinh square tan tanh trunc nan_to_num"
)
OF_POSITIVE = words("arccos arcsin arctanh log log10 log1p log2 sqrt erf erfc erfinv rsqrt")
WHOLE = {"bitwise_invert", "bitwise_not", "gcd", "lcm"}
BINARY = words(
    "add subtract multiply divide true_divide maximum minimum arctan2 hypot logaddexp logaddexp2 "
    "heaviside nextafter equal not_equal less less_equal greater greater_equal logical_and logical_or "
    "logical_xor divide_no_nan fmax fmin isclose"
)
OF_WHOLE = words(
    "floor_divide mod fmod gcd lcm bitwise_and bitwise_or bitwise_xor left_shift right_shift "
    "bitwise_left_shift bitwise_right_shift"
)
REDUCTIONS = words(
    "all any sum mean var std prod max min amax amin ptp median nansum nanmean nanmedian nanvar nanstd "
    "nanmax nanmin nanprod logsumexp"
)
ACTIVATIONS = words(
    "celu elu gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid "
    "log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
    "sparse_sigmoid squareplus swish tanh_shrink"
)

CASES = {
    **{name: [case(K if name in WHOLE else X)] for name in UNARY},
    **{name: [case(POSITIVE)] for name in OF_POSITIVE},
    "arccosh": [case(LARGE)],
    **{name: [case(X, Y), case(X, ROW), case(X, 2)] for name in BINARY},
    **{name: [case(K, J), case(K, 3)] for name in OF_WHOLE},
    **{name: [case(X), case(X, axis=1), case(X, axis=(0, -1), keepdims=True)] for name in REDUCTIONS},
    **{name: [case(X)] for name in ACTIVATIONS},
    "power": [case(np.abs(X), Y), case(X, 2)],
    "ldexp": [case(X, K)],
    "clip": [case(X, -1, 1.0), case(K, 1, 3)],
    "view": [case(X, "int32")],
    "allclose": [case(X, Y)],
    "where": [case(B, X, Y), case(X > 0, X, 0.0)],
    "argmax": [case(X), case(X, axis=1), case(X, axis=-1, keepdims=True)],
    "argmin": [case(X), case(X, axis=1)],
    "nanargmax": [case(X, axis=1)],
    "nanargmin": [case(X, axis=1)],
    "count_nonzero": [case(K, axis=1), case(K)],
    "average": [case(X, axis=1), case(X, axis=2, weights=np.abs(ROW))],
    "cumsum": [case(X, axis=1), case(X), case(B, axis=0)],
    "cumprod": [case(X, axis=1), case(X)],
    "nancumsum": [case(X, axis=1)],
    "nancumprod": [case(X, axis=1)],
    "quantile": [case(X, 0.3, axis=1), case(X, np.array([0.2, 0.7], "float32"), axis=-1, keepdims=True)],
    "percentile": [case(X, 30.0, axis=1)],
    "nanquantile": [case(X, 0.3, axis=1)],
    "nanpercentile": [case(X, 30.0, axis=1)],
    # Shapes
    "reshape": [case(X, (-1, 6)), case(X, (2, 12)), case(X, (-1, 2, 6))],
    "transpose": [case(X), case(X, (1, 0, 2))],
    "moveaxis": [case(X, 0, -1), case(X, (0, 1), (2, 0))],
    "swapaxes": [case(X, 1, -1)],
    "expand_dims": [case(X, 1), case(X, (0, -1))],
    "squeeze": [case(floats(2, 1, 3)), case(floats(2, 1, 3, 1), axis=1), case(floats(2, 1, 3, 1), axis=(1, -1))],
    "ravel": [case(X)],
    "broadcast_to": [case(ROW, (2, 3, 4)), case(floats(3, 1), (2, 3, 4))],
    "flip": [case(X), case(X, axis=1)],
    "fliplr": [case(X)],
    "flipud": [case(X)],
    "roll": [case(X, 1), case(X, 2, axis=1)],
    "rot90": [case(X), case(X, k=2, axes=(1, 2))],
    "diag": [case(ROW), case(ROW, k=-1), case(X[0]), case(X[0], k=1)],
    "diagflat": [case(ROW), case(X[0], k=1)],
    "diagonal": [case(X), case(X, offset=1, axis1=1, axis2=2)],
    "tril": [case(X), case(X, k=-1)],
    "triu": [case(X, k=1)],
    "trace": [case(X), case(X, offset=1, axis1=1, axis2=2)],
    "concatenate": [case([X, Y], axis=-1), case([X, Y]), case([X, K], axis=1)],
    "stack": [case([X, Y], axis=1), case([X, Y], axis=-1)],
    "hstack": [case([X, Y]), case([ROW, ROW])],
    "vstack": [case([X, Y]), case([ROW, ROW])],
    "dstack": [case([X, Y]), case([X[0], Y[0]])],
    "append": [case(X, Y), case(X, Y, axis=1)],
    "meshgrid": [case(ROW, floats(3)), case(ROW, floats(3), indexing="ij")],
    "split": [case(X, 2, axis=-1), case(X, [1, 2], axis=1)],
    "array_split": [case(X, 2, axis=1), case(X, 3, axis=-1)],
    "hsplit": [case(X, 3)],
    "vsplit": [case(X, [1])],
    "dsplit": [case(X, 2)],
    "get_item": [
        case(X, (slice(None), slice(1, None))),
        case(X, 0),
        case(X, (Ellipsis, -1)),
        case(X, (slice(None), None, slice(None, None, 2), 1)),
        case(X, slice(0, 1)),
    ],
    "take": [case(X, ints(2, 2, high=3), axis=1), case(X, ints(3, high=4)), case(X, 1, axis=-1)],
    "take_along_axis": [case(X, ints(2, 3, 2, high=4), axis=2)],
    "repeat": [case(X, 2, axis=1), case(X, 2)],
    "tile": [case(X, 2), case(X, (2, 1, 1)), case(ROW, (2, 3))],
    "pad": [
        case(X, ((0, 0), (1, 2), (0, 1))),
        case(X, 1, constant_values=3.0),
        case(X, ((0, 0), (1, 1), (2, 0)), "reflect"),
    ],
    # Products
    "matmul": [
        case(X, floats(4, 5)),
        case(X, floats(2, 4, 5)),
        case(X, ROW),
        case(K.astype("int8"), J.astype("int8").transpose(0, 2, 1)),
    ],
    "dot": [case(X, floats(4, 5)), case(X, floats(2, 4, 5)), case(X, ROW)],
    "tensordot": [
        case(X, floats(3, 4, 5)),
        case(X, floats(4, 3), axes=([1, 2], [1, 0])),
        case(X, ROW, axes=1),
        case(X, ROW, axes=0),
    ],
    "einsum": [
        case("bij,bkj->bik", X, Y),
        case("bij,jk->bik", X, floats(4, 5)),
        case("...j,j->...", X, ROW),
        case("bij->bji", X),
        case("bij,bij", X, Y),
    ],
    "inner": [case(X, floats(5, 4))],
    "outer": [case(ROW, floats(3))],
    "vdot": [case(ROW, floats(4))],
    "kron": [case(X[0], floats(2, 2)), case(ROW, floats(2))],
    "cross": [case(floats(2, 3), floats(2, 3)), case(floats(3, 2), floats(3, 2), axis=0)],
    "corrcoef": [case(X[0])],
    "correlate": [case(ROW, floats(3)), case(ROW, floats(3), mode="full"), case(ROW, floats(3), mode="same")],
    "vander": [case(ROW), case(ROW, N=2, increasing=True)],
    "slogdet": [case(M)],
    # Making
    "zeros": [case((2, 3)), case((2,), dtype="int32")],
    "ones": [case((2, 3))],
    "empty": [case((2, 3))],
    "eye": [case(3), case(3, 4, k=1)],
    "identity": [case(3)],
    "tri": [case(3), case(3, 4, k=-1)],
    "full": [case((2, 3), 1.5), case((2,), 3)],
    "zeros_like": [case(X), case(X, dtype="int32")],
    "ones_like": [case(X)],
    "empty_like": [case(X)],
    "full_like": [case(X, 2.0)],
    "array": [case(X)],
    "arange": [case(4), case(1, 7, 2), case(0.0, 2.0, 0.5)],
    "linspace": [case(0.0, 1.0, 5), case(ROW, floats(4), 3, axis=-1)],
    "logspace": [case(0.0, 1.0, 5)],
    "geomspace": [case(1.0, 16.0, 5)],
    **{name: [case(5)] for name in ("bartlett", "blackman", "hamming", "hanning")},
    "kaiser": [case(5, 2.0)],
    # Order
    "sort": [case(X), case(X, axis=1)],
    "argsort": [case(X), case(X, axis=1)],
    "argpartition": [case(X, 1)],
    "searchsorted": [case(np.sort(ROW), X), case(np.sort(ROW), X, side="right")],
    "digitize": [case(X, np.sort(ROW))],
    "isin": [case(K, ints(3)), case(K, ints(3), invert=True)],
    "nonzero": [case(K)],
    "bincount": [case(ints(6)), case(ints(2, 3), minlength=7)],
    "histogram": [case(SIGNAL[0], bins=4)],
    "unique": [case(K), case(K, return_inverse=True, return_counts=True)],
    "unravel_index": [case(ints(3, high=11), (3, 4))],
    "select": [case([B, C], [X, Y], 0.0)],
    "size": [case(X)],
    "ndim": [case(X)],
    "diff": [case(X), case(X, n=2, axis=1)],
    "trapezoid": [case(X), case(X, dx=0.5, axis=1)],
    "top_k": [case(X, 2)],
    "in_top_k": [case(ints(3, high=4), X[0], 2)],
    # Core
    "shape": [],
    "dtype": [],
    "is_tensor": [],
    "cast": [case(X, "int32"), case(X, "bfloat16")],
    "saturate_cast": [case(X * 200, "int8"), case(K * 100, "uint8"), case(X, "bool")],
    "convert_to_tensor": [case(X), case(X, "float16")],
    "stop_gradient": [case(X)],
    "scatter": [case(np.array([[0, 1], [2, 0]]), np.array([1.0, 2.0], "float32"), (3, 2))],
    "scatter_update": [
        case(X[0], np.array([[0, 1], [2, 0]]), np.array([1.0, 2.0], "float32")),
        case(X[0], np.array([[0], [2]]), floats(2, 4), "add"),
        case(X[0], np.array([[0], [2]]), floats(2, 4), "max"),
    ],
    "slice": [case(X, (0, 1, 2), (2, 2, 2)), case(X, (0, 1, 0), (2, -1, 4))],
    "slice_update": [case(X, (0, 1, 2), floats(1, 2, 2))],
    "unstack": [case(X, axis=1), case(X, axis=-1)],
    "map": [case(lambda x: x * 2, X)],
    "vectorized_map": [case(lambda x: x.sum(), X)],
    "scan": [case(lambda carry, x: (carry + x, x * 2), floats(3, 4), X), case(lambda c, _: (c * 2, c), ROW, None, 3)],
    "associative_scan": [case(lambda a, b: a + b, X)],
    "switch": [case(1, [lambda x: x, lambda x: x * 2], X)],
    "while_loop": [case(lambda x: (x < 10).all(), lambda x: x + 4, X), case(lambda x: True, lambda x: x + 1, X, 3)],
    "fori_loop": [case(0, 3, lambda i, x: x + i, X)],
    # Mathematics
    "view_as_complex": [case(floats(3, 2))],
    "view_as_real": [case(COMPLEX)],
    "logdet": [case(SYMMETRIC)],
    "cdist": [case(X, floats(2, 5, 4))],
    **{
        name: [case(X[0], np.array([0, 1, 1]), num_segments=3)]
        for name in ("segment_sum", "segment_prod", "segment_max", "segment_min")
    },
    "fft": [case(PAIR)],
    "fft2": [case(PAIR)],
    "ifft2": [case(PAIR)],
    "rfft": [case(SIGNAL), case(SIGNAL, 10)],
    "irfft": [case((floats(2, 5), floats(2, 5))), case((floats(2, 5), floats(2, 5)), 6)],
    "extract_sequences": [case(SIGNAL, 4, 3)],
    "stft": [case(SIGNAL, 6, 3, 8), case(SIGNAL, 6, 3, 8, window="hamming", center=False)],
    "istft": [
        case((floats(2, 5, 5), floats(2, 5, 5)), 6, 3, 8),
        case((floats(2, 5, 5), floats(2, 5, 5)), 8, 4, 8, length=12),
    ],
    # Networks
    "threshold": [case(X, 0.5, -1.0)],
    "conv": [
        case(IMAGES, floats(3, 2, 3, 4)),
        case(IMAGES, floats(3, 2, 3, 4), strides=2, padding="same"),
        case(IMAGES, floats(2, 2, 3, 4), dilation_rate=2),
    ],
    "depthwise_conv": [case(IMAGES, floats(3, 2, 3, 2)), case(IMAGES, floats(2, 2, 3, 1), strides=2, padding="same")],
    "separable_conv": [case(IMAGES, floats(3, 2, 3, 2), floats(1, 1, 6, 4), padding="same")],
    "conv_transpose": [
        case(IMAGES, floats(3, 2, 4, 3)),
        case(IMAGES, floats(3, 2, 4, 3), strides=2, padding="same"),
        case(IMAGES, floats(3, 3, 4, 3), strides=2, output_padding=1),
    ],
    "max_pool": [case(IMAGES, 2, strides=2), case(IMAGES, (2, 3), strides=1, padding="same")],
    "average_pool": [case(IMAGES, 2, strides=2), case(IMAGES, (2, 3), strides=2, padding="same")],
    "adaptive_average_pool": [case(IMAGES, (3, 2), "channels_last")],
    "adaptive_max_pool": [case(IMAGES, (4, 2), "channels_last")],
    "unfold": [case(IMAGES.transpose(0, 3, 1, 2), 2), case(IMAGES.transpose(0, 3, 1, 2), (3, 2), 1, 1, 2)],
    "fold": [case(floats(2, 12, 20), (6, 5), 2), case(floats(2, 12, 9), (6, 6), 2, 1, 0, 2)],
    "depth_to_space": [case(floats(2, 3, 2, 8), 2), case(floats(2, 8, 3, 2), 2, "channels_first")],
    "space_to_depth": [case(floats(2, 4, 2, 3), 2), case(floats(2, 3, 4, 2), 2, "channels_first")],
    "batch_normalization": [
        case(X, ROW, np.abs(ROW), -1, floats(4), floats(4)),
        case(X, floats(3), np.abs(floats(3)), 1),
    ],
    "layer_normalization": [case(X, ROW, floats(4)), case(X, axis=(1, 2), epsilon=1e-3)],
    "rms_normalization": [case(X), case(X, ROW)],
    "normalize": [case(X), case(X, axis=1, order=3)],
    "moments": [case(X, axes=[0, 1]), case(X, axes=[-1], keepdims=True)],
    "dot_product_attention": [
        case(floats(2, 3, 2, 4), floats(2, 5, 2, 4), floats(2, 5, 2, 4)),
        case(floats(2, 3, 2, 4), floats(2, 3, 2, 4), floats(2, 3, 2, 4), is_causal=True, scale=0.3),
        case(floats(2, 3, 2, 4), floats(2, 5, 2, 4), floats(2, 5, 2, 4), floats(2, 2, 3, 5), floats(2, 2, 3, 5) > -1),
    ],
    "one_hot": [case(K, 5), case(K, 5, axis=1, dtype="int32")],
    "multi_hot": [case(K[0], 5)],
    "polar": [case(POSITIVE, LARGE)],
    "psnr": [case(X, Y, 2.0)],
    "binary_crossentropy": [case(POSITIVE, LARGE - 1), case(POSITIVE, LARGE, from_logits=True)],
    "categorical_crossentropy": [case(POSITIVE, LARGE), case(POSITIVE, LARGE, from_logits=True)],
    "sparse_categorical_crossentropy": [
        case(ints(2, high=3), LARGE),
        case(ints(2, 1, high=3), LARGE, from_logits=True),
    ],
    "ctc_loss": [case(ints(2, 3, low=1, high=4), floats(2, 7, 4), np.array([3, 2]), np.array([7, 5]))],
    "ctc_decode": [
        case(floats(2, 6, 4), np.array([6, 4])),
        case(floats(2, 6, 4), np.array([6, 4]), merge_repeated=False, mask_index=3),
        case(3 * floats(2, 5, 3), np.array([5, 3]), strategy="beam_search", beam_width=40, top_paths=3),
    ],
    # Linear algebra
    "cholesky": [case(SYMMETRIC), case(SYMMETRIC, upper=True)],
    "cholesky_inverse": [case(np.linalg.cholesky(SYMMETRIC[0]))],
    "det": [case(M)],
    "eig": [],
    "eigh": [case(SYMMETRIC)],
    "inv": [case(M)],
    "lu_factor": [case(M)],
    "norm": [case(X, axis=-1), case(X, 1, axis=(0, 1)), case(X, axis=(1, 2), keepdims=True), case(ROW)],
    "qr": [case(M), case(X[0])],
    "solve": [case(M, floats(2, 3, 2))],
    "solve_triangular": [case(np.triu(M), floats(2, 3, 2))],
    "svd": [case(X, False), case(X, compute_uv=False)],
    "lstsq": [case(X[0].T, floats(4)), case(X[0].T, floats(4, 2))],
    "matrix_rank": [case(M)],
    "pinv": [case(X)],
    "jvp": [],
    "rearrange": [case(X, "a b c -> a (b c)"), case(X, "a b (c d) -> (a c) d b", d=2)],
    # Functions that are not of arrays, or not of arrays alone
    **{name: [] for name in ("cond", "convert_to_numpy", "custom_gradient", "vectorize", "sparsemax")},
    # Images
    "image.rgb_to_grayscale": [case(IMAGES)],
    "image.rgb_to_hsv": [case(IMAGES)],
    "image.hsv_to_rgb": [case(IMAGES)],
    "image.resize": [case(IMAGES, (3, 4)), case(IMAGES, (9, 7), "nearest")],
    "image.pad_images": [case(IMAGES, 1, 2, 3, 0), case(IMAGES, 1, 2, target_height=9, target_width=8)],
    "image.crop_images": [case(IMAGES, 1, 2, 1, 0), case(IMAGES, 1, 1, target_height=3, target_width=2)],
    "image.scale_and_translate": [
        case(IMAGES, (2, 4, 4, 3), np.array([0.5, 0.6], "float32"), np.array([0.1, 0.2], "float32"), (1, 2), "linear")
    ],
    "image.affine_transform": [case(IMAGES, np.array([[1, 0.1, 0, 0.2, 1, 1, 0, 0]] * 2, "float32"))],
    "image.perspective_transform": [
        case(
            IMAGES,
            np.array([[[0, 0], [5, 0], [0, 4], [5, 4]]] * 2, "float32"),
            np.array([[[1, 0], [5, 1], [0, 4], [4, 4]]] * 2, "float32"),
        )
    ],
    "image.gaussian_blur": [case(IMAGES, data_format="channels_last")],
    "image.elastic_transform": [],
    "image.map_coordinates": [case(X[0], floats(2, 5, low=0), 1)],
    "image.extract_patches": [
        case(IMAGES, 2),
        case(IMAGES, (3, 2), strides=1, padding="same"),
        case(floats(1, 4, 4, 4, 2), (2, 2, 2)),
    ],
    "image.extract_patches_3d": [case(floats(1, 4, 4, 4, 2), 2)],
    "image.sobel_edges": [case(IMAGES)],
    "image.ssim": [case(floats(2, 9, 8, 2, low=0, high=1), floats(2, 9, 8, 2, low=0, high=1), filter_size=5)],
}
"""By name, as in ``keras.ops``."""
