"""Which module has which operation: by Keras' module, and by ours."""

from __future__ import annotations

HOUSES: dict[str, dict[str, str]] = {
    "numpy": {
        "elementwise": (
            "abs absolute add allclose angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and "
            "bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor cbrt ceil "
            "clip conj conjugate copy cos cosh deg2rad divide divide_no_nan equal exp exp2 expm1 fabs floor "
            "floor_divide fmax fmin fmod gcd greater greater_equal heaviside hypot i0 imag isclose isfinite isinf "
            "isnan isneginf isposinf isreal lcm ldexp left_shift less less_equal log log10 log1p log2 logaddexp "
            "logaddexp2 logical_and logical_not logical_or logical_xor maximum minimum mod multiply nan_to_num "
            "negative nextafter not_equal power rad2deg real reciprocal right_shift round sign signbit sin sinc "
            "sinh sqrt square subtract tan tanh true_divide trunc view where"
        ),
        "reductions": (
            "all amax amin any argmax argmin average count_nonzero cumprod cumsum max mean median min nanargmax "
            "nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile "
            "nanstd nansum nanvar percentile prod ptp quantile std sum var"
        ),
        "shaping": (
            "append array_split broadcast_to concatenate diag diagflat diagonal dsplit dstack expand_dims flip "
            "fliplr flipud get_item hsplit hstack meshgrid moveaxis pad ravel repeat reshape roll rot90 split "
            "squeeze stack swapaxes take take_along_axis tile transpose tril triu vsplit vstack"
        ),
        "products": ("corrcoef correlate cross dot einsum inner kron matmul outer slogdet tensordot trace vander vdot"),
        "creation": (
            "arange array bartlett blackman empty empty_like eye full full_like geomspace hamming hanning "
            "identity kaiser linspace logspace ones ones_like tri zeros zeros_like"
        ),
        "ordering": (
            "argpartition argsort bincount diff digitize histogram isin ndim nonzero searchsorted select size "
            "sort trapezoid unique unravel_index vectorize"
        ),
    },
    "core": {
        "core": (
            "associative_scan cast cond convert_to_numpy convert_to_tensor custom_gradient dtype fori_loop "
            "is_tensor map saturate_cast scan scatter scatter_update shape slice slice_update stop_gradient "
            "switch unstack vectorized_map while_loop"
        ),
    },
    "math": {
        "transforms": (
            "cdist erf erfc erfinv extract_sequences fft fft2 ifft2 irfft istft logdet rfft rsqrt segment_max "
            "segment_min segment_prod segment_sum stft view_as_complex view_as_real"
        ),
        "reductions": "logsumexp",
        "ordering": "in_top_k top_k",
    },
    "nn": {
        "activations": (
            "celu elu gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid "
            "log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
            "sparse_sigmoid sparsemax squareplus swish tanh_shrink threshold"
        ),
        "windows": (
            "adaptive_average_pool adaptive_max_pool average_pool conv conv_transpose depth_to_space "
            "depthwise_conv fold max_pool separable_conv space_to_depth unfold"
        ),
        "neural": (
            "batch_normalization dot_product_attention layer_normalization moments multi_hot normalize one_hot "
            "polar psnr rms_normalization"
        ),
        "probabilities": (
            "binary_crossentropy categorical_crossentropy ctc_decode ctc_loss sparse_categorical_crossentropy"
        ),
    },
    "linalg": {
        "matrices": (
            "cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm pinv qr solve "
            "solve_triangular svd"
        ),
    },
    "image": {
        "images": (
            "affine_transform crop_images elastic_transform extract_patches extract_patches_3d gaussian_blur "
            "hsv_to_rgb map_coordinates pad_images perspective_transform resize rgb_to_grayscale rgb_to_hsv "
            "scale_and_translate sobel_edges ssim"
        ),
    },
    "einops": {
        "patterns": "rearrange",
    },
}


def members(*houses: str) -> dict[str, list[str]]:
    """Return the names in each module of ours, of some of Keras' modules; of all if none is named."""
    found: dict[str, list[str]] = {}
    for house in houses or HOUSES:
        for module, names in HOUSES[house].items():
            found.setdefault(module, []).extend(names.split())
    return found
