"""Training steps of one small Elman network on one core, at close to the speed of its multipliers.

The network is h(t) = tanh(W_hh h(t-1) + W_uh u(t)), o(t) = W_r h(t), with h(0) = 0. A schedule says at which time steps
there is an input, and at which an output is asked for: in the paper's tasks `s` input steps, then `horizon` outputs.
Everything a step needs is here: forward pass, loss, gradient by hand, clipping, Adam, and the curriculum. The only
entry points are `make_workspace`, `make_curve` and `advance`.

How the time is spent well
--------------------------
Nearly all arithmetic is in three products per time step, each 2*B*h*h operations: forward, backward, and the gradient
of W_hh. A matrix product reaches the machine's limit only if a block of the result stays in vector registers while the
operands stream by. Compilers do not find that form by themselves, so the blocks ("tiles") are written as LLVM IR here,
as numba intrinsics; numba compiles them for the CPU at hand, so that no C compiler is needed.

All three products have the same form, with the hidden units (not the sequences) along the vector lanes:

    C[r, lanes] += sum_k A[r, k] * B[k, lanes]      one number of A is broadcast, one row of B is loaded

    forward    r = sequence   k = unit of h(t-1)      A = h(t-1)   B = W_hh^T, W_uh^T
    backward   r = sequence   k = unit of D(t+1)      A = D(t+1)   B = W_hh, W_r
    gradient   r = unit of D  k = (time, sequence)    A = D(t)     B = h(t-1)

so nothing has to be transposed but the weights, once per step of training.

Layout
------
Matrices are kept in panels: all rows of the first `PANEL` columns, then all rows of the next. A row of a panel is one
or two cache lines, and a tile walks a panel from front to back. (Plain rows of 128 floats lie 512 bytes apart, and
would compete for an eighth of the cache.) Sizes that do not fill a panel are padded with zeros, which stay zero: a
padded unit has no weights, a padded sequence no input, no state, and no error.

The batch is cut into groups of sequences, and each group goes through all its time steps before the next begins. D(t)
is kept for a few time steps only: then it is multiplied with the states and added to the gradient.

The same bits on every CPU
--------------------------
Every number is made by the same operations in the same order, however many lanes a vector has:
- a product's sums run over k one term after the other, each term a fused multiply-add: rounded once, by the CPU where
  it has that instruction, in software where it has not (slow, and the same bits);
- sums that vectors would cut differently run in the order of vectors of `WIDEST` lanes: over the outputs of a time step
  for the loss, and over the parameters for the gradient's norm;
- nothing that is a mathematical library's choice is called: only +, -, *, /, square roots and fused multiply-adds,
  which IEEE 754 rounds exactly. Nothing is reordered or contracted, since numba is told nothing of the kind;
- a weight that is not a number is the one quiet NaN of `numpy.nan`;
- numbers below 1.2e-38 (the least normal one, 2^-126) are zero: what an operation reads and what it gives. With strong
  L2 penalties most numbers become that small, and some CPUs compute many times slower with them. `advance` sets the
  CPU's own modes for it, and the modes of rounding with them, and restores what the thread had before it returns.

The last has one gap. x86 rounds a result first and then compares it with 2^-126, 64-bit ARM compares it first. So a
product, quotient or fused multiply-add between 2^-126 (1 - 2^-25) and 2^-126 is 2^-126 on x86 and 0 on ARM. It can only
concern networks whose numbers become that small (L2 0.1 and more).
On ARM emulated by qemu 10.0.13, with numba 0.68.1, 116 of 4,096 products chosen next to 2^-126 are 0 for that reason.
All trainings tried there have the same bits: 12 whole ones and the whole proof (``python -m benchmarks.arm``). No ARM
CPU was tried.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Matrices = tuple[Floats, Floats, Floats]

_Function = TypeVar("_Function", bound=Callable[..., Any])

F32 = ir.FloatType()
I64 = ir.IntType(64)


PLATFORM, CPU, FEATURES = cpu_target.target_context.codegen().magic_tuple()
"""What numba compiles for: the very strings in the key of its cache, so that code cached for another CPU is not used.

FEATURES has commas between them.
"""
ARM = PLATFORM.startswith(("aarch64", "arm64"))
"""Whether that is 64-bit ARM; else it is x86."""


def _vector_lanes() -> int:
    """Floats per vector register of the CPU that numba compiles for."""
    for feature, lanes in (("+avx512f", 16), ("+avx", 8)):
        if feature in FEATURES.split(","):
            return lanes
    return 4


def _fuses() -> bool:
    """Whether that CPU has an instruction for a fused multiply-add; all of 64-bit ARM have."""
    return ARM or "+fma" in FEATURES.split(",")


LANES = _vector_lanes()
FUSES = _fuses()
"""Whether a fused multiply-add is one instruction; if not, it is a call, with the same bits and many times slower."""
WIDEST = 16
"""Lanes of the vectors in whose order sums run that vectors of other widths would cut differently."""
PANEL = 2 * LANES
"""Columns in a panel of hidden units: two vectors."""
TALL = 8 if LANES == 16 else 6
"""Rows of a tall tile. Two vectors a row must fit the 16 (AVX-512: 32) registers, beside two of B and one of A."""
SHORT = 4
"""Rows of a short tile; every number of rows that is a multiple of 4 is so many tall and at most two short ones."""
READOUT_TALL = 8
"""Rows of a tall tile one vector wide, as the readout needs: enough sums in flight to hide the latency of one FMA."""
UNROLL = 4
"""Terms of a tile's sum in one turn of its loop; the number of terms is a multiple of it."""
GROUP = 32
"""Most sequences that go through time together."""
TERMS = 128
"""Terms (time, sequence) of the gradient of W_hh that are collected before they are added up."""

# tanh(x) ~ x P(x^2) / Q(x^2) on |x| <= 8, a minimax fit of the relative error; 1 - tanh(8) is 2e-7.
TANH_LIMIT = 8.0
TANH_P = (
    0.9999999689408585,
    0.12965941247924553,
    0.002971087816089511,
    9.73089786690444e-06,
    -1.4195564835728224e-08,
    2.1976196597369908e-11,
)
TANH_Q = (1.0, 0.46299263204271407, 0.023968854157824772, 0.00023508059596098068)

BETA1 = 0.9
BETA2 = 0.999
ADAM_EPS = 1e-8


# --------------------------------------------------------------------------------------------------------------------
# Vector code, as LLVM IR
# --------------------------------------------------------------------------------------------------------------------


class _Product(NamedTuple):
    """One product that a tile adds up: sum over `panels` and, in each, over `depth` terms.

    Term k of panel p takes, for row r, A at `a[p * a_step + k * a_term + r * a_row]` and the vectors of B that begin at
    `b[p * b_step + k * width]`, where width is that of the tile.
    """

    a: ir.Value
    a_step: ir.Value
    b: ir.Value
    b_step: ir.Value
    panels: ir.Value
    depth: ir.Value
    a_term: int
    a_row: int


def _vector_type(lanes: int = LANES) -> ir.VectorType:
    return ir.VectorType(F32, lanes)


def _splat(builder: ir.IRBuilder, value: ir.Value | float) -> ir.Value:
    """A vector with `value` in every lane."""
    vector = _vector_type()
    if not isinstance(value, ir.Value):
        return ir.Constant(vector, [np.float32(value).item()] * LANES)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    lanes = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), lanes)


def _multiply_add(builder: ir.IRBuilder, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
    """Return x * y + z, rounded once."""
    function_type = ir.FunctionType(x.type, [x.type] * 3)
    function = cgutils.get_or_insert_function(builder.module, function_type, f"llvm.fma.v{LANES}f32")
    return builder.call(function, [x, y, z])


def _offset(builder: ir.IRBuilder, pointer: ir.Value, floats: ir.Value | int) -> ir.Value:
    """`pointer` moved by a number of elements."""
    if isinstance(floats, int):
        floats = ir.Constant(I64, floats)
    return builder.gep(pointer, [floats])


def _load(builder: ir.IRBuilder, pointer: ir.Value, floats: ir.Value | int = 0) -> ir.Value:
    """The vector at `pointer[floats:]`."""
    address = builder.bitcast(_offset(builder, pointer, floats), _vector_type().as_pointer())
    return builder.load(address, align=4)


def _store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, floats: ir.Value | int = 0) -> None:
    """Write the vector to `pointer[floats:]`."""
    address = builder.bitcast(_offset(builder, pointer, floats), _vector_type().as_pointer())
    builder.store(value, address, align=4)


def _polynomial(builder: ir.IRBuilder, x: ir.Value, coefficients: Sequence[float]) -> ir.Value:
    """Horner's rule; the constant term comes first."""
    value = _splat(builder, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = _multiply_add(builder, value, x, _splat(builder, coefficient))
    return value


def _tanh(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """The tanh of every lane within 4e-7; a NaN stays a NaN, because both comparisons with it are false."""
    high, low = _splat(builder, TANH_LIMIT), _splat(builder, -TANH_LIMIT)
    x = builder.select(builder.fcmp_ordered("<", high, x), high, x)
    x = builder.select(builder.fcmp_ordered(">", low, x), low, x)
    square = builder.fmul(x, x)
    numerator = builder.fmul(x, _polynomial(builder, square, TANH_P))
    return builder.fdiv(numerator, _polynomial(builder, square, TANH_Q))


class _Tile:
    """A block of `rows` x `vectors` sums in registers."""

    def __init__(self, builder: ir.IRBuilder, rows: int, vectors: int) -> None:
        self._builder = builder
        self._width = vectors * LANES
        self._vectors = vectors
        # Memory on the stack in name only: LLVM turns variables with fixed addresses into registers.
        self._sums = [[cgutils.alloca_once(builder, _vector_type()) for _ in range(vectors)] for _ in range(rows)]

    def clear(self) -> None:
        """Set all sums to zero."""
        for row in self._sums:
            for cell in row:
                self._builder.store(_splat(self._builder, 0.0), cell)

    def load(self, pointer: ir.Value) -> None:
        """Set the sums to the rows at `pointer`, which follow each other without a gap."""
        for r, row in enumerate(self._sums):
            for v, cell in enumerate(row):
                self._builder.store(_load(self._builder, pointer, r * self._width + v * LANES), cell)

    def store(self, pointer: ir.Value, finish: Callable[[ir.Value, int], ir.Value]) -> None:
        """Write finish(sum, offset) to each offset of the rows at `pointer`."""
        for r, row in enumerate(self._sums):
            for v, cell in enumerate(row):
                offset = r * self._width + v * LANES
                _store(self._builder, finish(self._builder.load(cell), offset), pointer, offset)

    def add(self, product: _Product) -> None:
        """Add a product to the sums."""
        builder = self._builder
        with cgutils.for_range(builder, product.panels) as panel:
            a = _offset(builder, product.a, builder.mul(panel.index, product.a_step))
            b = _offset(builder, product.b, builder.mul(panel.index, product.b_step))
            turns = builder.udiv(product.depth, ir.Constant(I64, UNROLL))
            with cgutils.for_range(builder, turns) as turn:
                first = builder.mul(turn.index, ir.Constant(I64, UNROLL))
                a_turn = _offset(builder, a, builder.mul(first, ir.Constant(I64, product.a_term)))
                b_turn = _offset(builder, b, builder.mul(first, ir.Constant(I64, self._width)))
                for k in range(UNROLL):
                    self._add_term(a_turn, k * product.a_term, product.a_row, b_turn, k * self._width)

    def _add_term(self, a: ir.Value, a_first: int, a_row: int, b: ir.Value, b_first: int) -> None:
        """sums[r, :] += a[a_first + r * a_row] * b[b_first:]."""
        builder = self._builder
        columns = [_load(builder, b, b_first + v * LANES) for v in range(self._vectors)]
        for r, row in enumerate(self._sums):
            factor = _splat(builder, builder.load(_offset(builder, a, a_first + r * a_row)))
            for column, cell in zip(columns, row, strict=True):
                builder.store(_multiply_add(builder, factor, column, builder.load(cell)), cell)


class _Arguments:
    """The arguments of an intrinsic, taken one after the other."""

    def __init__(self, context: Any, builder: ir.IRBuilder, signature: Any, values: Sequence[ir.Value]) -> None:
        self._context = context
        self._builder = builder
        self._rest = iter(zip(signature.args, values, strict=True))

    def pointer(self) -> ir.Value:
        """The next two, an array and an offset into it, as an address."""
        (array_type, array), (_, offset) = next(self._rest), next(self._rest)
        data = self._context.make_array(array_type)(self._context, self._builder, array).data
        return _offset(self._builder, data, offset)

    def value(self) -> ir.Value:
        """The next one, a number."""
        return next(self._rest)[1]

    def product(self, *, a_term: int, a_row: int) -> _Product:
        """The next eight: A with offset and step, B with offset and step, number of panels, depth."""
        a, a_step, b, b_step = self.pointer(), self.value(), self.pointer(), self.value()
        return _Product(a, a_step, b, b_step, self.value(), self.value(), a_term, a_row)


_FLOATS = types.Array(types.float32, 1, "C")
_INDICES = types.Array(types.int32, 1, "C")
_OUT = (_FLOATS, types.int64)
_PRODUCT = (_FLOATS, types.int64, types.int64, _FLOATS, types.int64, types.int64, types.int64, types.int64)


def _vector_function(
    arguments: Sequence[Any], emit: Callable[[ir.IRBuilder, _Arguments], ir.Value | None], result: Any = types.void
) -> Any:
    """A numba intrinsic with these argument types, whose body `emit` writes."""
    signature = result(*arguments)

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, values: Sequence[ir.Value]) -> ir.Value:
        value = emit(builder, _Arguments(context, builder, signature, values))
        return context.get_dummy_value() if value is None else value

    def typing(*_: Any) -> tuple[Any, Any]:
        return signature, codegen

    # numba counts the parameters by the signature, and takes *_ for one.
    names = ["typing_context", *(f"argument{i}" for i in range(len(arguments)))]
    parameters = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    typing.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return intrinsic(typing)


def _emit_strip(
    builder: ir.IRBuilder,
    rows: ir.Value,
    shape: tuple[int, int],
    emit_tile: Callable[[_Tile, ir.Value], None],
) -> None:
    """Cover `rows` rows (a multiple of SHORT) with tiles; emit_tile writes the code of the one that begins at a row."""
    tall, vectors = shape
    # The number of short tiles after which the rest can be divided into tall ones.
    period = math.lcm(tall, SHORT) // SHORT
    short = builder.urem(builder.udiv(rows, ir.Constant(I64, SHORT)), ir.Constant(I64, period))
    short_from = builder.sub(rows, builder.mul(short, ir.Constant(I64, SHORT)))
    zero = ir.Constant(I64, 0)
    for height, start, stop in ((tall, zero, short_from), (SHORT, short_from, rows)):
        with cgutils.for_range_slice(builder, start, stop, ir.Constant(I64, height), inc=True) as (row, _):
            emit_tile(_Tile(builder, height, vectors), row)


def _move_rows(builder: ir.IRBuilder, product: _Product, row: ir.Value) -> _Product:
    """The same product, with row `row` as its first."""
    shift = builder.mul(row, ir.Constant(I64, product.a_row))
    return product._replace(a=_offset(builder, product.a, shift))


def _emit_products(
    builder: ir.IRBuilder,
    out: ir.Value,
    rows: ir.Value,
    shape: tuple[int, int],
    products: Sequence[_Product],
    finish: Callable[[ir.Value, ir.Value], ir.Value],
) -> None:
    """out[r, :] = finish(sum of the products for row r, offset of the vector within out)."""
    width = ir.Constant(I64, shape[1] * LANES)

    def emit_tile(tile: _Tile, row: ir.Value) -> None:
        tile.clear()
        for product in products:
            tile.add(_move_rows(builder, product, row))
        first = builder.mul(row, width)
        tile.store(
            _offset(builder, out, first),
            lambda value, offset: finish(value, builder.add(first, ir.Constant(I64, offset))),
        )

    _emit_strip(builder, rows, shape, emit_tile)


def _emit_forward(builder: ir.IRBuilder, arguments: _Arguments) -> None:
    out, rows = arguments.pointer(), arguments.value()
    products = [arguments.product(a_term=1, a_row=PANEL), arguments.product(a_term=1, a_row=LANES)]
    _emit_products(builder, out, rows, (TALL, 2), products, lambda value, _: value)
    # Not at the end of each tile: there, all its tanh would wait for its last sums, and for registers.
    with cgutils.for_range(builder, builder.mul(rows, ir.Constant(I64, PANEL // LANES))) as vector:
        offset = builder.mul(vector.index, ir.Constant(I64, LANES))
        _store(builder, _tanh(builder, _load(builder, out, offset)), out, offset)


def _emit_backward(builder: ir.IRBuilder, arguments: _Arguments) -> None:
    out, hidden, rows = arguments.pointer(), arguments.pointer(), arguments.value()
    products = [arguments.product(a_term=1, a_row=PANEL), arguments.product(a_term=1, a_row=LANES)]

    def times_slope(value: ir.Value, offset: ir.Value) -> ir.Value:
        state = _load(builder, hidden, offset)
        return builder.fmul(value, builder.fsub(_splat(builder, 1.0), builder.fmul(state, state)))

    _emit_products(builder, out, rows, (TALL, 2), products, times_slope)


def _emit_readout(builder: ir.IRBuilder, arguments: _Arguments) -> None:
    out, rows = arguments.pointer(), arguments.value()
    product = arguments.product(a_term=1, a_row=PANEL)
    _emit_products(builder, out, rows, (READOUT_TALL, 1), [product], lambda value, _: value)


def _gradient_emitter(a_width: int) -> Callable[[ir.IRBuilder, _Arguments], None]:
    """The emitter of out[r, :] += sum_k A[k, r] * B[k, :] for A in panels of `a_width` columns."""

    def emit(builder: ir.IRBuilder, arguments: _Arguments) -> None:
        out, rows = arguments.pointer(), arguments.value()
        product = arguments.product(a_term=a_width, a_row=1)

        def emit_tile(tile: _Tile, row: ir.Value) -> None:
            place = _offset(builder, out, builder.mul(row, ir.Constant(I64, PANEL)))
            tile.load(place)
            tile.add(_move_rows(builder, product, row))
            tile.store(place, lambda value, _: value)

        _emit_strip(builder, rows, (TALL, 2), emit_tile)

    return emit


def _gather(builder: ir.IRBuilder, base: ir.Value, indices: Sequence[ir.Value]) -> ir.Value:
    """base[indices], lane by lane; with indices that stay the same in a loop this beats the gather instruction."""
    vector = ir.Constant(_vector_type(), ir.Undefined)
    for lane, index in enumerate(indices):
        value = builder.load(_offset(builder, base, index))
        vector = builder.insert_element(vector, value, ir.Constant(ir.IntType(32), lane))
    return vector


def _emit_error(builder: ir.IRBuilder, arguments: _Arguments) -> ir.Value:
    out, rows, lane_squares = arguments.pointer(), arguments.value(), arguments.pointer()
    inputs, indices, signs = arguments.pointer(), arguments.pointer(), arguments.pointer()
    scale = _splat(builder, arguments.value())
    integers = ir.VectorType(ir.IntType(32), LANES)
    zero = _splat(builder, 0.0)
    index = [builder.sext(builder.load(_offset(builder, indices, lane)), I64) for lane in range(LANES)]
    sign = _load(builder, signs)
    squares = cgutils.alloca_once_value(builder, zero)
    right = cgutils.alloca_once_value(builder, ir.Constant(integers, [0] * LANES))
    with cgutils.for_range(builder, rows) as row:
        first = builder.mul(row.index, ir.Constant(I64, LANES))
        target = builder.fmul(sign, _gather(builder, _offset(builder, inputs, first), index))
        output = _load(builder, out, first)
        error = builder.fsub(output, target)
        builder.store(_multiply_add(builder, error, error, builder.load(squares)), squares)
        same = builder.icmp_signed(
            "==", builder.fcmp_ordered(">=", output, zero), builder.fcmp_ordered(">", target, zero)
        )
        # A target of 0 is padding.
        counts = builder.and_(same, builder.fcmp_ordered("!=", target, zero))
        builder.store(builder.add(builder.load(right), builder.zext(counts, integers)), right)
        _store(builder, builder.fmul(error, scale), out, first)
    _store(builder, builder.load(squares), lane_squares)
    counts = builder.load(right)
    lanes = [builder.extract_element(counts, ir.Constant(ir.IntType(32), lane)) for lane in range(LANES)]
    return builder.sext(functools.reduce(builder.add, lanes), I64)


_forward_strip = _vector_function((*_OUT, types.int64, *_PRODUCT, *_PRODUCT), _emit_forward)
"""(out, rows, h(t-1) and W_hh^T, u(t) and W_uh^T): out = tanh(h(t-1) W_hh^T + u(t) W_uh^T), one panel."""

_backward_strip = _vector_function((*_OUT, *_OUT, types.int64, *_PRODUCT, *_PRODUCT), _emit_backward)
"""(out, h(t), rows, D(t+1) and W_hh, dO(t) and W_r): out = (D(t+1) W_hh + dO(t) W_r) * (1 - h(t)^2), one panel."""

_readout_strip = _vector_function((*_OUT, types.int64, *_PRODUCT), _emit_readout)
"""(out, rows, h(t) and W_r^T): out = h(t) W_r^T, LANES outputs."""

_add_hidden_gradient = _vector_function((*_OUT, types.int64, *_PRODUCT), _gradient_emitter(PANEL))
"""(out, rows, D and h): out += D^T h, for one panel of D's units and one of h's."""

_add_vector_gradient = _vector_function((*_OUT, types.int64, *_PRODUCT), _gradient_emitter(LANES))
"""(out, rows, A and B): out += A^T B, where A holds inputs or output errors, LANES in a panel, and B hidden units."""

_output_error = _vector_function(
    (*_OUT, types.int64, *_OUT, *_OUT, _INDICES, types.int64, *_OUT, types.float32), _emit_error, types.int64
)
"""(out, rows, squares, inputs, indices, signs, scale): replace the outputs o of one time step by (o - y) * scale, where
the target is y = sign * input[index], write the sums over the rows of (o - y)^2 to squares, lane by lane, and return
the number of outputs on the right side of 0."""


# --------------------------------------------------------------------------------------------------------------------
# Modes of the floating-point unit
# --------------------------------------------------------------------------------------------------------------------

FLUSHING = 1 << 24 if ARM else 0x1F80 | 1 << 15 | 1 << 6
"""The control register of a thread that takes numbers below 2^-126 as zero, rounds to nearest and traps nothing.

ARM's FPCR: FZ for operands and results. x86's MXCSR: FTZ for results, DAZ for operands, and all exceptions masked.
"""


def _emit_exchange(builder: ir.IRBuilder, new: ir.Value, arm: bool = ARM) -> ir.Value:
    """Set the thread's floating-point control register to a 64-bit number; return what it was."""

    def function(name: str, result: ir.Type, *arguments: ir.Type) -> ir.Function:
        return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)

    if arm:
        old = builder.call(function("llvm.aarch64.get.fpcr", I64), [])
        builder.call(function("llvm.aarch64.set.fpcr", ir.VoidType(), I64), [new])
        return old
    # It is read and written by way of memory only.
    register = cgutils.alloca_once(builder, ir.IntType(32))
    address = builder.bitcast(register, cgutils.voidptr_t)
    builder.call(function("llvm.x86.sse.stmxcsr", ir.VoidType(), cgutils.voidptr_t), [address])
    old = builder.zext(builder.load(register), I64)
    builder.store(builder.trunc(new, ir.IntType(32)), register)
    builder.call(function("llvm.x86.sse.ldmxcsr", ir.VoidType(), cgutils.voidptr_t), [address])
    return old


def _emit_out_of_line(builder: ir.IRBuilder, _: _Arguments) -> None:
    builder.function.attributes.add("noinline")


_exchange_control = _vector_function(
    (types.int64,), lambda builder, arguments: _emit_exchange(builder, arguments.value()), types.int64
)
"""(new): set the floating-point control register; return what it was."""

_stay_out_of_line = _vector_function((), _emit_out_of_line)
"""(): the function that calls this becomes part of no other. So none of its arithmetic moves into its caller."""


# --------------------------------------------------------------------------------------------------------------------
# What is trained, and the workspace
# --------------------------------------------------------------------------------------------------------------------


class State(NamedTuple):
    """What training changes."""

    weights: Matrices
    """W_uh (h, d), W_hh (h, h), W_r (d, h)."""
    first_moments: Matrices
    """Adam's, of each of them."""
    second_moments: Matrices
    """Likewise."""
    level: Integers
    """The level of the curriculum after all batches so far, and before the update by the latest of them: (2,).

    Where an epoch begins, the caller makes the second the first.
    """


class Schedule(NamedTuple):
    """What batches show and are asked, for T time steps, of which each level of a curriculum has the first few.

    A batch is int8 (S_i, B, d), of -1 and 1: the inputs, one after another. The target of output j at place k is
    sign[k, j] * batch[i // d, :, i % d], i = source[k, j]; with a sign of 0 it is 0, and no answer is right.
    """

    input_at: Integers
    """Of time step t, at t - 1, the place of its input in a batch, in ascending order, or -1: (T,)."""
    output_at: Integers
    """Likewise the place of its output among those that are asked for, or -1: (T,)."""
    source: npt.NDArray[np.int32]
    """Which input elements the targets are: (S_o, d)."""
    sign: Floats
    """Their signs: (S_o, d)."""
    steps: Integers
    """The time steps of each level: (L,)."""
    outputs: Integers
    """How many outputs they ask for: (L,)."""


class Settings(NamedTuple):
    """How to train."""

    threshold: float
    """The accuracy above which the level moves up."""
    lr: float
    """The learning rate."""
    l2: float
    """The L2 penalty."""
    clip: float
    """The largest norm of the gradient; infinity for no clipping."""


class Curve(NamedTuple):
    """What came of each batch."""

    loss: Floats
    """The mean squared error over all outputs that are asked for: (n,)."""
    accuracy: Doubles
    """The share of them on the right side of 0: (n,)."""
    level: Integers
    """The level of the curriculum that the batch has: (n,)."""


def make_curve(n: int) -> Curve:
    """Room for so many batches."""
    return Curve(np.empty(n, np.float32), np.empty(n, np.float64), np.empty(n, np.int64))


class Sizes(NamedTuple):
    """Sizes of a run, and what they are padded to."""

    batch: int
    width: int
    """Dimensions d of an input or output vector."""
    group: int
    """Sequences in a group, a multiple of SHORT."""
    block: int
    """Time steps for which D(t) is kept."""
    panels: int
    """Panels of hidden units."""
    vectors: int
    """Vectors (panels of LANES) that hold one input or output."""
    depth: int
    """Rows of such a vector that are not mere padding: at most LANES, a multiple of SHORT and UNROLL."""


class Workspace(NamedTuple):
    """Buffers for the steps of one run, flat and aligned. Shapes are in the order of the axes in memory.

    P stands for `panels`, V for `vectors`, G for `group`, T for the most time steps.
    """

    sizes: Sizes
    states: Floats
    """h(0..T): (T + 1, P, G, PANEL)."""
    deltas: Floats
    """D(t) at place t % block: (block, P, G, PANEL)."""
    input_at: Integers
    """Of each time step from 1 on, the place of its input in `vectors`, or -1: (T + 1)."""
    output_at: Integers
    """Of each time step from 1 on, the place of its output in `errors`, or -1: (T + 1)."""
    vectors: Floats
    """The inputs u, one after another, for S_i input steps: (S_i, V, G, LANES)."""
    errors: Floats
    """The outputs o that are asked for, then the gradient of the loss by them, for S_o steps: (S_o, V, G, LANES)."""
    indices: npt.NDArray[np.int32]
    """Where in `vectors` the targets of the first sequence are: (S_o, V, LANES)."""
    signs: Floats
    """Signs of the targets, 0 for padding: (S_o, V, LANES)."""
    squares: Floats
    """Sums of squared errors of one time step, an output a place, in whole vectors of WIDEST lanes."""
    weights: Floats
    """W_hh (P, P * PANEL, PANEL), W_r and W_uh^T (P, V * LANES, PANEL) each, one after the other."""
    gradient: Floats
    """Like `weights`."""
    first_moment: Floats
    """Like `weights`."""
    second_moment: Floats
    """Like `weights`."""
    recurrent_transposed: Floats
    """W_hh^T: (P, P * PANEL, PANEL)."""
    readout_transposed: Floats
    """W_r^T: (V, P * PANEL, LANES)."""


def _compiled(function: _Function) -> _Function:
    """Compile with numba as part of what calls it."""
    return cast(_Function, njit(error_model="numpy")(function))


def _compiled_and_cached(function: _Function) -> _Function:
    """Compile with numba to be called from Python: the machine code is kept on disk and holds all that it calls."""
    # numba files it under the content of this file, and under the CPU's name and features.
    return cast(_Function, njit(error_model="numpy", cache=True, nogil=True)(function))


def _round_up(number: int, unit: int) -> int:
    """The least multiple of `unit` that is not less than `number`."""
    return -(-number // unit) * unit


def _zeros(count: int, dtype: type) -> Any:
    """Zeros that begin at a cache line."""
    line = 64
    raw = np.zeros(count * np.dtype(dtype).itemsize + line, np.uint8)
    start = -raw.ctypes.data % line
    return raw[start : start + count * np.dtype(dtype).itemsize].view(dtype)


def make_workspace(B: int, d: int, s: int, h: int, maxH: int, steps: int | None = None) -> Workspace:
    """Buffers for `advance`.

    Batch B, dimension d, s input steps, h hidden units, at most maxH output steps; `steps` in all where they are not
    s + maxH.
    """
    steps = steps or s + maxH
    groups = -(-B // GROUP)
    group = _round_up(-(-B // groups), SHORT)
    vectors = -(-d // LANES)
    sizes = Sizes(
        batch=B,
        width=d,
        group=group,
        block=max(2, TERMS // group),
        panels=-(-h // PANEL),
        vectors=vectors,
        depth=LANES if vectors > 1 else _round_up(d, SHORT),
    )
    slice_ = sizes.panels * group * PANEL
    padded = sizes.panels * PANEL
    parameters = padded * (padded + 2 * vectors * LANES)
    return Workspace(
        sizes=sizes,
        states=_zeros((steps + 1) * slice_, np.float32),
        deltas=_zeros(sizes.block * slice_, np.float32),
        input_at=_zeros(steps + 1, np.int64),
        output_at=_zeros(steps + 1, np.int64),
        vectors=_zeros(s * vectors * group * LANES, np.float32),
        errors=_zeros(maxH * vectors * group * LANES, np.float32),
        indices=_zeros(maxH * vectors * LANES, np.int32),
        signs=_zeros(maxH * vectors * LANES, np.float32),
        squares=_zeros(_round_up(d, WIDEST), np.float32),
        weights=_zeros(parameters, np.float32),
        gradient=_zeros(parameters, np.float32),
        first_moment=_zeros(parameters, np.float32),
        second_moment=_zeros(parameters, np.float32),
        recurrent_transposed=_zeros(padded * padded, np.float32),
        readout_transposed=_zeros(padded * vectors * LANES, np.float32),
    )


# --------------------------------------------------------------------------------------------------------------------
# Packing
# --------------------------------------------------------------------------------------------------------------------


@_compiled
def _readout_start(sizes: Sizes) -> int:
    """Where W_r begins in the flat weights, behind W_hh."""
    return (sizes.panels * PANEL) ** 2


@_compiled
def _input_start(sizes: Sizes) -> int:
    """Where W_uh^T begins in the flat weights, behind W_hh and W_r."""
    return sizes.panels * PANEL * (sizes.panels * PANEL + sizes.vectors * LANES)


@_compiled
def _pack(matrix: Floats, rows: int, flat: Floats, start: int) -> None:
    """Write a matrix into panels of PANEL columns and `rows` rows each; the padding is left alone."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            flat[start + (j // PANEL * rows + i) * PANEL + j % PANEL] = matrix[i, j]


@_compiled
def _unpack(flat: Floats, start: int, rows: int, matrix: Floats) -> None:
    """The reverse of `_pack`."""
    for i in range(matrix.shape[0]):
        for j in range(matrix.shape[1]):
            value = flat[start + (j // PANEL * rows + i) * PANEL + j % PANEL]
            matrix[i, j] = np.float32(np.nan) if np.isnan(value) else value


@_compiled
def _pack_parameters(sizes: Sizes, matrices: Matrices, flat: Floats) -> None:
    """Write three matrices of the shapes of the weights into a flat array like `Workspace.weights`."""
    w_uh, w_hh, w_r = matrices
    # The padding too: a run that ended in NaN has NaN there.
    flat[:] = 0.0
    _pack(w_hh, sizes.panels * PANEL, flat, 0)
    _pack(w_r, sizes.vectors * LANES, flat, _readout_start(sizes))
    _pack(w_uh.T, sizes.vectors * LANES, flat, _input_start(sizes))


@_compiled
def _unpack_parameters(sizes: Sizes, flat: Floats, matrices: Matrices) -> None:
    """The reverse of `_pack_parameters`."""
    w_uh, w_hh, w_r = matrices
    _unpack(flat, 0, sizes.panels * PANEL, w_hh)
    _unpack(flat, _readout_start(sizes), sizes.vectors * LANES, w_r)
    _unpack(flat, _input_start(sizes), sizes.vectors * LANES, w_uh.T)


@_compiled
def _transpose_weights(work: Workspace) -> None:
    """Fill the transposed copies of W_hh and W_r that the forward pass reads."""
    sizes, weights = work.sizes, work.weights
    recurrent, readout = work.recurrent_transposed, work.readout_transposed
    padded = sizes.panels * PANEL
    outputs = sizes.vectors * LANES
    for panel in range(sizes.panels):
        for i in range(padded):
            source = (panel * padded + i) * PANEL
            target = (i // PANEL * padded + panel * PANEL) * PANEL + i % PANEL
            for lane in range(PANEL):
                recurrent[target + lane * PANEL] = weights[source + lane]
        for j in range(outputs):
            source = _readout_start(sizes) + (panel * outputs + j) * PANEL
            target = (j // LANES * padded + panel * PANEL) * LANES + j % LANES
            for lane in range(PANEL):
                readout[target + lane * LANES] = weights[source + lane]


@_compiled
def _take_up(work: Workspace, state: State) -> None:
    """Write weights and moments into the workspace."""
    _pack_parameters(work.sizes, state.weights, work.weights)
    _pack_parameters(work.sizes, state.first_moments, work.first_moment)
    _pack_parameters(work.sizes, state.second_moments, work.second_moment)
    _transpose_weights(work)


@_compiled
def _hand_back(work: Workspace, state: State) -> None:
    """The reverse of `_take_up`."""
    _unpack_parameters(work.sizes, work.weights, state.weights)
    _unpack_parameters(work.sizes, work.first_moment, state.first_moments)
    _unpack_parameters(work.sizes, work.second_moment, state.second_moments)


@_compiled
def _pack_schedule(work: Workspace, schedule: Schedule) -> None:
    """Write a schedule into the workspace: of targets, index i = input * d + dimension as an offset into `vectors`."""
    sizes, indices, signs = work.sizes, work.indices, work.signs
    for t in range(schedule.input_at.size):
        work.input_at[t + 1] = schedule.input_at[t]
        work.output_at[t + 1] = schedule.output_at[t]
    source, sign = schedule.source, schedule.sign
    for step in range(source.shape[0]):
        for j in range(sizes.width):
            place_of_input, dimension = divmod(source[step, j], sizes.width)
            place = (step * sizes.vectors + j // LANES) * LANES + j % LANES
            row = (place_of_input * sizes.vectors + dimension // LANES) * sizes.group
            indices[place] = row * LANES + dimension % LANES
            signs[place] = sign[step, j]


@_compiled
def _pack_inputs(work: Workspace, u: npt.NDArray[np.int8], first: int, count: int) -> None:
    """Write `count` sequences from `first` on of the int8 batch u (S_i, B, d) into `vectors`, then zeros."""
    sizes, vectors = work.sizes, work.vectors
    for step in range(u.shape[0]):
        for row in range(sizes.group):
            for j in range(sizes.width):
                place = ((step * sizes.vectors + j // LANES) * sizes.group + row) * LANES + j % LANES
                vectors[place] = np.float32(u[step, first + row, j]) if row < count else np.float32(0.0)


# --------------------------------------------------------------------------------------------------------------------
# One step of training
# --------------------------------------------------------------------------------------------------------------------


@_compiled
def _forward(work: Workspace, steps: int) -> None:
    """h(t) for all time steps and o(t) where it is asked for, of one group."""
    sizes, states, vectors, errors = work.sizes, work.states, work.vectors, work.errors
    recurrent, readout, weights = work.recurrent_transposed, work.readout_transposed, work.weights
    group, panels, depth = sizes.group, sizes.panels, sizes.depth
    strip, vector = group * PANEL, group * LANES
    input_rows = sizes.vectors * LANES
    input_start = _input_start(sizes)
    for t in range(1, steps + 1):
        before = (t - 1) * panels * strip
        shown = work.input_at[t]
        input_vectors = sizes.vectors if shown >= 0 else 0
        # h(0) = 0: no product.
        state_panels = panels if t > 1 else 0
        for panel in range(panels):
            _forward_strip(
                states, (t * panels + panel) * strip, group,
                states, before, strip,
                recurrent, panel * panels * PANEL * PANEL, PANEL * PANEL, state_panels, PANEL,
                vectors, max(shown, 0) * sizes.vectors * vector, vector,
                weights, input_start + panel * input_rows * PANEL, LANES * PANEL, input_vectors, depth,
            )  # fmt: skip
        asked = work.output_at[t]
        if asked >= 0:
            for j in range(sizes.vectors):
                _readout_strip(
                    errors, (asked * sizes.vectors + j) * vector, group,
                    states, t * panels * strip, strip,
                    readout, j * panels * PANEL * LANES, PANEL * LANES, panels, PANEL,
                )  # fmt: skip


@_compiled
def _errors(work: Workspace, outputs: int) -> tuple[float, float]:
    """Turn so many outputs into the gradient of the loss by them; return the sum of squares and the number right."""
    sizes, errors, vectors, indices, signs = work.sizes, work.errors, work.vectors, work.indices, work.signs
    scale = np.float32(2.0 / (outputs * sizes.batch * sizes.width))
    squares = 0.0
    right = 0
    for step in range(outputs):
        for j in range(sizes.vectors):
            i = step * sizes.vectors + j
            right += _output_error(
                errors, i * sizes.group * LANES, sizes.group, work.squares, j * LANES,
                vectors, 0, indices, i * LANES, signs, i * LANES, scale,
            )  # fmt: skip
        for first in range(0, work.squares.size, WIDEST):
            squares += np.float64(_sum_of_lanes(work.squares, first))
    return squares, float(right)


@_compiled
def _sum_of_lanes(values: Floats, first: int) -> np.float32:
    """The sum of WIDEST numbers from `first` on, in a tree: halves are added, then halves of these. Overwrites them."""
    width = WIDEST
    while width > 1:
        width //= 2
        for lane in range(first, first + width):
            values[lane] += values[lane + width]
    return values[first]


@_compiled
def _add_gradients(work: Workspace, first: int, last: int) -> None:
    """Add the time steps `first` to `last`, all in one block of D, to the gradients."""
    # dW_hh += D(t)^T h(t-1), dW_r += dO(t)^T h(t), dW_uh^T += u(t)^T D(t).
    sizes, gradient = work.sizes, work.gradient
    slice_ = sizes.panels * sizes.group * PANEL
    states, deltas = work.states[first * slice_ :], work.deltas[first % sizes.block * slice_ :]
    _add_hidden_gradients(sizes, gradient, deltas, work.states[(first - 1) * slice_ :], last - first + 1)
    readout, inputs = gradient[_readout_start(sizes) :], gradient[_input_start(sizes) :]
    _add_vector_gradients(sizes, readout, work.output_at, work.errors, states, first, last)
    _add_vector_gradients(sizes, inputs, work.input_at, work.vectors, deltas, first, last)


@_compiled
def _add_hidden_gradients(sizes: Sizes, out: Floats, deltas: Floats, states: Floats, steps: int) -> None:
    """Add so many time steps to the gradient of W_hh, from the first of these D and h on."""
    group, panels = sizes.group, sizes.panels
    strip = group * PANEL
    for panel in range(panels):
        for other in range(panels):
            _add_hidden_gradient(
                out, (panel * panels + other) * PANEL * PANEL, PANEL,
                deltas, other * strip, panels * strip,
                states, panel * strip, panels * strip, steps, group,
            )  # fmt: skip


@_compiled
def _add_vector_gradients(
    sizes: Sizes, out: Floats, places: Integers, vectors: Floats, hidden: Floats, first: int, last: int
) -> None:
    """Add the time steps `first` to `last` to the gradient of W_r or W_uh^T, `out`."""
    # vectors: output errors or inputs; places: where those of each step are, or -1; hidden: h or D, from `first` on.
    group, panels = sizes.group, sizes.panels
    strip, vector = group * PANEL, group * LANES
    rows = sizes.vectors * LANES
    start = first
    while start <= last:
        place, end = places[start], start
        if place >= 0:
            while end < last and places[end + 1] >= 0:
                end += 1
            for panel in range(panels):
                for j in range(sizes.vectors):
                    _add_vector_gradient(
                        out, (panel * rows + j * LANES) * PANEL, sizes.depth,
                        vectors, (place * sizes.vectors + j) * vector, sizes.vectors * vector,
                        hidden, ((start - first) * panels + panel) * strip, panels * strip, end - start + 1, group,
                    )  # fmt: skip
        start = end + 1


@_compiled
def _backward(work: Workspace, steps: int) -> None:
    """D(t) = (D(t+1) W_hh + dO(t) W_r) * (1 - h(t)^2), from the last time step to the first, and the gradients."""
    sizes, states, deltas, errors, weights = work.sizes, work.states, work.deltas, work.errors, work.weights
    group, panels, block = sizes.group, sizes.panels, sizes.block
    strip, vector = group * PANEL, group * LANES
    rows = sizes.vectors * LANES
    readout_start = _readout_start(sizes)
    last = steps
    for t in range(steps, 0, -1):
        after = (t + 1) % block * panels * strip
        here = t % block * panels * strip
        delta_panels = panels if t < steps else 0
        asked = work.output_at[t]
        error_vectors = sizes.vectors if asked >= 0 else 0
        error = max(asked, 0) * sizes.vectors * vector
        for panel in range(panels):
            _backward_strip(
                deltas, here + panel * strip, states, (t * panels + panel) * strip, group,
                deltas, after, strip,
                weights, panel * panels * PANEL * PANEL, PANEL * PANEL, delta_panels, PANEL,
                errors, error, vector,
                weights, readout_start + panel * rows * PANEL, LANES * PANEL, error_vectors, sizes.depth,
            )  # fmt: skip
        if t % block == 0 or t == 1:
            _add_gradients(work, t, last)
            last = t - 1


@_compiled
def _sum_of_squares(sizes: Sizes, flat: Floats) -> float:
    """The sum of squares of a flat array like `Workspace.gradient`, in the order of panels of 2 * WIDEST columns."""
    inputs = sizes.vectors * LANES
    total = _add_squares(0.0, sizes, flat, 0, sizes.panels * PANEL)
    total = _add_squares(total, sizes, flat, _readout_start(sizes), inputs)
    return _add_squares(total, sizes, flat, _input_start(sizes), inputs)


@_compiled
def _add_squares(total: float, sizes: Sizes, flat: Floats, start: int, rows: int) -> float:
    """`total` and the squares of one matrix within it; what is padding in one width of panels adds zeros in another."""
    together = 2 * WIDEST // PANEL
    for first in range(0, sizes.panels, together):
        for row in range(rows):
            for panel in range(first, min(first + together, sizes.panels)):
                place = start + (panel * rows + row) * PANEL
                for i in range(place, place + PANEL):
                    total += np.float64(flat[i]) * np.float64(flat[i])
    return total


@_compiled
def _power(base: float, exponent: int) -> float:
    """Base to a whole exponent, by squaring."""
    power = 1.0
    while exponent != 0:
        if exponent & 1:
            power *= base
        exponent >>= 1
        base *= base
    return power


@_compiled
def _adam(work: Workspace, step: int, how: Settings) -> None:
    """Clip the gradient's norm, add the L2 term, and take step number `step` (from 1) of Adam."""
    weights, gradient = work.weights, work.gradient
    first_moment, second_moment = work.first_moment, work.second_moment
    shrink = how.clip / (math.sqrt(_sum_of_squares(work.sizes, gradient)) + 1e-6)
    # Written so that a NaN stays one.
    if shrink > 1.0:
        shrink = 1.0
    factor, decay = np.float32(shrink), np.float32(how.l2)
    # 1 - beta in double precision: in single precision 1 - 0.999 is off by 5e-5 of itself.
    keep1, gain1 = np.float32(BETA1), np.float32(1.0 - BETA1)
    keep2, gain2 = np.float32(BETA2), np.float32(1.0 - BETA2)
    size = np.float32(how.lr / (1.0 - _power(BETA1, step)))
    root = np.float32(1.0 / math.sqrt(1.0 - _power(BETA2, step)))
    eps = np.float32(ADAM_EPS)
    for i in range(gradient.size):
        slope = gradient[i] * factor + decay * weights[i]
        first_moment[i] = keep1 * first_moment[i] + gain1 * slope
        second_moment[i] = keep2 * second_moment[i] + gain2 * slope * slope
        weights[i] -= size * first_moment[i] / (np.sqrt(second_moment[i]) * root + eps)


@_compiled
def _step(
    work: Workspace, u: npt.NDArray[np.int8], steps: int, outputs: int, step: int, how: Settings
) -> tuple[float, float]:
    """Loss and accuracy of training step `step` (from 1) on the batch u: so many time steps, and outputs of it."""
    sizes = work.sizes
    work.gradient[:] = 0.0
    squares = 0.0
    right = 0.0
    for first in range(0, sizes.batch, sizes.group):
        _pack_inputs(work, u, first, min(sizes.group, sizes.batch - first))
        _forward(work, steps)
        group_squares, group_right = _errors(work, outputs)
        squares += group_squares
        right += group_right
        _backward(work, steps)
    _adam(work, step, how)
    _transpose_weights(work)
    count = outputs * sizes.batch * sizes.width
    return squares / count, right / count


@_compiled
def _advance(
    state: State,
    u: npt.NDArray[np.int8],
    steps_done: int,
    schedule: Schedule,
    how: Settings,
    work: Workspace,
    curve: Curve,
) -> None:
    """`advance`, with the floating-point modes set."""
    _stay_out_of_line()
    level = state.level
    _take_up(work, state)
    _pack_schedule(work, schedule)
    for k in range(u.shape[0]):
        # The authors' loader builds each batch while the one before is trained on: a batch sees the level from before
        # that one's update.
        seen = level[1]
        loss, accuracy = _step(work, u[k], schedule.steps[seen], schedule.outputs[seen], steps_done + k + 1, how)
        level[1] = level[0]
        if accuracy > how.threshold and level[0] < schedule.steps.size - 1:
            level[0] += 1
        curve.loss[k] = loss
        curve.accuracy[k] = accuracy
        curve.level[k] = seen
    _hand_back(work, state)


@_compiled_and_cached
def advance(
    state: State,
    u: npt.NDArray[np.int8],
    steps_done: int,
    schedule: Schedule,
    how: Settings,
    work: Workspace,
    curve: Curve,
) -> None:
    """Train one run on n batches, u (n, S_i, B, d), after `steps_done` steps before them; writes to state and curve.

    The workspace is from `make_workspace`, for these sizes; a call leaves nothing in it that the next one needs.

    (It returns no tuple with names: that is made by Python's code, and if Ctrl-C comes meanwhile, numba crashes.)
    """
    before = _exchange_control(FLUSHING)
    try:
        _advance(state, u, steps_done, schedule, how, work, curve)
    finally:
        _exchange_control(before)
