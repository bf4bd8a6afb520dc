/**
 * The 16-bit floating-point formats, by arithmetic alone: every quantity below is exact in float64,
 * so that a value is rounded once, to nearest with ties to even (IEEE 754-2019, 4.3.1).
 */

interface Format {
  readonly exponentBits: number;
  readonly fractionBits: number;
}

const BFLOAT16: Format = { exponentBits: 8, fractionBits: 7 };
const FLOAT16: Format = { exponentBits: 5, fractionBits: 10 };
const SIGN_BIT = 0x8000;

/** The bits of the bfloat16 nearest to x. */
export function encodeBfloat16(x: number): number {
  return encode(x, BFLOAT16);
}

/** The value of a bfloat16 given by its bits. */
export function decodeBfloat16(bits: number): number {
  return decode(bits, BFLOAT16);
}

/** The bits of the IEEE half-precision number nearest to x. */
export function encodeFloat16(x: number): number {
  return encode(x, FLOAT16);
}

/** The value of an IEEE half-precision number given by its bits. */
export function decodeFloat16(bits: number): number {
  return decode(bits, FLOAT16);
}

/**
 * The bfloat16 values below and above x, the same one twice where x is a bfloat16: what stochastic
 * rounding chooses from, so that the mean is x.
 */
export function bracketBfloat16(x: number): [below: number, above: number] {
  return bracket(x, BFLOAT16);
}

/** The half-precision values below and above x, the same one twice where x is one. */
export function bracketFloat16(x: number): [below: number, above: number] {
  return bracket(x, FLOAT16);
}

function encode(x: number, format: Format): number {
  const { fractionBits } = format;
  const sign = x < 0 || Object.is(x, -0) ? SIGN_BIT : 0;
  const infinity = infinityBits(format);
  if (Number.isNaN(x)) return infinity + 2 ** (fractionBits - 1);
  const magnitude = Math.abs(x);
  if (magnitude === Infinity) return sign + infinity;
  // Subnormals share the smallest exponent. Counting in units of the last place makes them, and
  // the carry into the next exponent, come out by addition.
  const exponent = Math.max(floorLog2(magnitude), smallestExponent(format));
  const count = roundHalfToEven(magnitude / 2 ** (exponent - fractionBits));
  const bits = (exponent - smallestExponent(format)) * 2 ** fractionBits + count;
  return sign + Math.min(bits, infinity);
}

function decode(bits: number, format: Format): number {
  const { fractionBits } = format;
  const sign = bits >= SIGN_BIT ? -1 : 1;
  const magnitude = bits % SIGN_BIT;
  const infinity = infinityBits(format);
  if (magnitude >= infinity) return magnitude === infinity ? sign * Infinity : Number.NaN;
  const field = Math.floor(magnitude / 2 ** fractionBits);
  const fraction = magnitude % 2 ** fractionBits;
  const significand = field === 0 ? fraction : fraction + 2 ** fractionBits;
  const exponent = smallestExponent(format) + Math.max(field - 1, 0);
  return sign * significand * 2 ** (exponent - fractionBits);
}

function bracket(x: number, format: Format): [number, number] {
  const magnitude = Math.abs(x);
  const bits = encode(magnitude, format);
  const nearest = decode(bits, format);
  let [below, above] = [nearest, nearest];
  if (nearest > magnitude) below = decode(bits - 1, format);
  if (nearest < magnitude) above = decode(bits + 1, format);
  return x < 0 ? [-above, -below] : [below, above];
}

/** The exponent of the smallest normal number, and of all subnormal ones. */
function smallestExponent({ exponentBits }: Format): number {
  return 2 - 2 ** (exponentBits - 1);
}

function infinityBits({ exponentBits, fractionBits }: Format): number {
  return (2 ** exponentBits - 1) * 2 ** fractionBits;
}

/** The largest e with 2^e ≤ x; −Infinity for 0. */
function floorLog2(x: number): number {
  let exponent = Math.floor(Math.log2(x));
  if (2 ** exponent > x) exponent--;
  if (2 ** (exponent + 1) <= x) exponent++;
  return exponent;
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
  return rest < 0.5 ? floor : floor + 1;
}
