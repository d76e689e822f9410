// Doses, rates and weights as exact fractions of whole numbers (BigInt). Nothing here rounds, except where a
// figure is written out with `rounded`; nothing here decides: the server checks every order again.

/** A fraction n/d, d > 0. */
const fraction = (n, d = 1n) => (d < 0n ? { n: -n, d: -d } : { n, d })

/** "0.5", "0,5" or " 60 " as a fraction; null for anything that is not a plain decimal number. */
export function parse(text) {
  const match = /^(\d{0,7})(?:[.,](\d{0,6}))?$/.exec(String(text ?? '').trim())
  if (!match || !(match[1] || match[2])) return null
  const decimals = match[2] ?? ''
  return fraction(BigInt(match[1] + decimals), 10n ** BigInt(decimals.length))
}

export const whole = (number) => fraction(BigInt(number))
export const times = (a, b) => fraction(a.n * b.n, a.d * b.d)
export const over = (a, b) => (b.n === 0n ? null : fraction(a.n * b.d, a.d * b.n))
export const plus = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d)
export const minus = (a, b) => fraction(a.n * b.d - b.n * a.d, a.d * b.d)
export const above = (a, b) => a.n * b.d > b.n * a.d
export const equal = (a, b) => a.n * b.d === b.n * a.d
export const isZero = (a) => a.n === 0n

/** Written with `digits` decimals, half away from zero: for the eye only. */
export function rounded(a, digits) {
  const scale = 10n ** BigInt(digits)
  const scaled = (a.n * scale * 2n + a.d) / (a.d * 2n)
  const text = scaled.toString().padStart(digits + 1, '0')
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text
}

/** The decimal that equals the fraction exactly, at most six decimals; null where there is none. */
export function exact(a) {
  const scale = 10n ** 6n
  if ((a.n * scale) % a.d !== 0n) return null
  return rounded(a, 6).replace(/\.?0+$/, '')
}

/** Exact where it has at most `digits` decimals, else rounded and marked as such by "…". */
export function figure(a, digits) {
  const decimal = exact(a)
  const places = decimal?.split('.')[1]?.length ?? 0
  return decimal !== null && places <= digits ? decimal : `${rounded(a, digits)}…`
}

const POUND = fraction(45359237n, 100000000n) // kg, exact by definition

/** Kilograms from a weight in kg or lb. Pounds are taken to the nearest 0.1 kg, and that figure is the one ordered by. */
export function kilograms(weight, unit) {
  return unit === 'lb' ? parse(rounded(times(weight, POUND), 1)) : weight
}

export const pounds = (kg) => over(kg, POUND)

/** mg given by the rate steps [{at µs, rate_mg_h}] up to `at` µs: the integral, exact. */
export function given(steps, at) {
  let sum = fraction(0n, 3_600_000_000n * 1_000_000n)
  steps.forEach((step, index) => {
    const until = Math.min(at, steps[index + 1]?.at ?? at)
    const rate = parse(step.rate_mg_h)
    if (until > step.at && rate) {
      const micrograms = (rate.n * 1_000_000n) / rate.d
      sum = fraction(sum.n + micrograms * BigInt(Math.round(until - step.at)), sum.d)
    }
  })
  return sum
}
