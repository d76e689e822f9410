// The three alarm bursts as audio samples: when each pulse begins, and what it sounds like. Knows no alert and plays nothing.
// An alert that was escalated sounds the same pulses, a fifth higher and more often: the second sound, for who did not answer the first.
// Numbers: alarm sheet 1.4, the recipe inside the ranges of IEC 60601-1-8, tables 3 and 4.

const FUNDAMENTAL_HZ = 440
const HARMONICS_DB = [0, -4, -7, -9, -11] // 440, 880, 1320, 1760, 2200 Hz
const RISE_S = 0.03 // raised cosine, up and down

const HIGH = { length: 0.15, gap: 0.1, halfGap: 0.8, level: 0.9 }
const MEDIUM = { length: 0.2, gap: 0.2, level: 0.75 }
const LOW = { length: 0.2, level: 0.6 }

/** Five pulses, 3 + 2: the gap after the third is 2x + t_d. Starts in s. */
function five(from) {
  const step = HIGH.length + HIGH.gap
  const second = from + 2 * step + HIGH.length + (2 * HIGH.gap + HIGH.length)
  return [from, from + step, from + 2 * step, second, second + step]
}

function highPulses() {
  const first = five(0)
  return [...first, ...five(first[4] + HIGH.length + HIGH.halfGap)]
}

const row = (count, { length, gap = 0 }) => Array.from({ length: count }, (_, index) => index * (length + gap))

/** By priority: starts of the pulses and their length, s; how loud (0–1); and after how long the burst comes again, s. */
export const BURSTS = {
  high: { pulses: highPulses(), length: HIGH.length, level: HIGH.level, every: 8 },
  medium: { pulses: row(3, MEDIUM), length: MEDIUM.length, level: MEDIUM.level, every: 20 },
  low: { pulses: row(1, LOW), length: LOW.length, level: LOW.level, every: 30 },
}

/** The second sound: its fundamental, and after how long it comes again, s; inside the same ranges. */
export const SECOND = { fundamental: 660, every: { high: 6.5, medium: 10 } }

/** After how long a burst comes again, s. */
export const every = (priority, second = false) => (second && SECOND.every[priority]) || BURSTS[priority].every

/** How long a burst sounds, s. */
export const duration = (priority) => BURSTS[priority].pulses.at(-1) + BURSTS[priority].length

function envelope(t, length) {
  const edge = Math.min(t, length - t)
  return edge >= RISE_S ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * Math.max(edge, 0)) / RISE_S)
}

function tone(t, fundamental) {
  const parts = HARMONICS_DB.map((db, index) => 10 ** (db / 20) * Math.sin(2 * Math.PI * fundamental * (index + 1) * t))
  return parts.reduce((sum, part) => sum + part, 0)
}

/** Samples of a whole burst, −1 to 1; `second`: of the second sound. */
export function render(priority, sampleRate, second = false) {
  const { pulses, length, level } = BURSTS[priority]
  const samples = new Float32Array(Math.ceil((duration(priority) + 0.01) * sampleRate))
  const loudest = HARMONICS_DB.reduce((sum, db) => sum + 10 ** (db / 20), 0)
  const fundamental = second ? SECOND.fundamental : FUNDAMENTAL_HZ
  const one = Array.from({ length: Math.round(length * sampleRate) }, (_, index) => {
    const t = index / sampleRate
    return ((level * tone(t, fundamental)) / loudest) * envelope(t, length)
  })
  pulses.forEach((start) => samples.set(one, Math.round(start * sampleRate)))
  return samples
}
