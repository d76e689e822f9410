// The samples of one curve, and when each is to pass under the pen. Pieces come in bursts; the pen must not jerk: it follows
// a little behind, at the curve's own rate, and the distance is kept by running at most a few per cent faster or slower.
// What did not come is NaN and stays a gap. Times (`at`) are seconds of this computer's clock; places count samples without end.

const KEPT_S = 64
const DELAY_S = 0.25 // behind the newest sample at the start and after a gap
const RESERVE_S = 0.06 // the least distance to be kept
const HOLD_S = 0.4 // the pen waits as long for a late piece, then goes on into a gap
const AHEAD_S = 1.2 // more than this in hand: samples are skipped
const WINDOW_S = 2 // the distance is judged over this long
const BACK_S = 2 // an index that falls back by more begins anew
const SLOWER = 0.04
const FASTER = 0.02

export class Curve {
  /** `speed`: how much faster than life the house's clock runs. */
  constructor(waveform, speed = 1) {
    this.waveform = waveform
    this.rate = waveform.rate_hz * speed
    this.size = 2 ** Math.ceil(Math.log2(KEPT_S * this.rate))
    this.samples = new Float32Array(this.size).fill(NaN)
    this.end = 0 // place behind the newest sample
    this.base = null // when place 0 passes under the pen
    this.shift = 0 // place = index + shift, within a run
    this.run = null
    this.heard = -Infinity
    this.missing = false
    this.slew = 0
    this.least = Infinity
    this.windowFrom = 0
    this.at = 0
  }

  /** The sample at `place`; NaN where there is none. */
  sample(place) {
    return place < this.end && place >= this.end - this.size && place >= 0 ? this.samples[place & (this.size - 1)] : NaN
  }

  /** Takes a piece that arrived at `at`. */
  take(run, first, samples, at) {
    this.heard = at
    if (this.base === null) this.base = at + DELAY_S
    let place = first + this.shift
    const broken = run !== this.run || place < this.end - BACK_S * this.rate
    if (broken || (this.missing && place <= this.pen(at))) {
      place = Math.max(this.end, Math.ceil(this.position(at) + DELAY_S * this.rate))
      this.shift = place - first
      this.run = run
    } else this.judge(at)
    this.missing = false
    this.clear(place)
    for (let i = Math.max(0, this.end - place); i < samples.length; i += 1) this.samples[(place + i) & (this.size - 1)] = samples[i]
    this.end = Math.max(this.end, place + samples.length)
  }

  /** What lies between the newest sample and `place` never came. */
  clear(place) {
    for (let i = Math.max(this.end, place - this.size); i < place; i += 1) this.samples[i & (this.size - 1)] = NaN
    this.end = Math.max(this.end, place)
  }

  /** Looks how much was in hand when a piece came, and sets how much faster or slower to go. */
  judge(at) {
    const inHand = (this.end - this.position(at)) / this.rate
    if (inHand < 0) this.base += RESERVE_S - inHand
    if (inHand > AHEAD_S) this.base -= inHand - DELAY_S
    this.least = Math.min(this.least, inHand)
    if (at - this.windowFrom < WINDOW_S) return
    this.slew = Math.min(SLOWER, Math.max(-FASTER, (RESERVE_S - this.least) / WINDOW_S))
    this.least = Infinity
    this.windowFrom = at
  }

  /** Where the pen would be if every sample were there. */
  position(at) {
    return (at - this.base) * this.rate
  }

  /** Where the pen stands at `at`, a fraction of samples; call it with times that do not go back. */
  pen(at) {
    if (this.base === null) return 0
    if (this.at && !this.missing) this.base += this.slew * Math.min(1, Math.max(0, at - this.at))
    this.at = Math.max(this.at, at)
    const position = this.position(at)
    const newest = Math.max(0, this.end - 1)
    if (position <= newest) return Math.max(0, position)
    if (this.missing) return position
    if ((position - newest) / this.rate < HOLD_S) return newest
    this.missing = true
    this.base = at - newest / this.rate
    return newest
  }

  /** Least and greatest sample of the last `seconds`, or null. */
  range(seconds) {
    let [low, high] = [Infinity, -Infinity]
    for (let place = Math.max(0, this.end - Math.round(seconds * this.rate)); place < this.end; place += 1) {
      const sample = this.sample(place)
      if (sample < low) low = sample
      if (sample > high) high = sample
    }
    return high >= low ? { low, high } : null
  }
}
