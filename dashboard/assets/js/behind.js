// What works behind the views: it holds the line to the server and draws the curves. Messages go in by `ask`; what comes back
// goes to whoever listens for its type. Curves never come back: the views say which canvases there are, how large, in which colours.

import { Curve } from './curves.js'
import { eachOtherFrame } from './frames.js'
import { Line } from './line.js'
import { Sweep } from './sweep.js'

const LOOK_MS = 500

let line = null
let house = { waveforms: new Map(), chairs: new Map(), speed: 1 }
let colours = {}
let looked = 0
let stop = null
const curves = new Map() // chair → Map of number → Curve
const sweeps = new Map() // id → Sweep
const listeners = new Map()

const TAKE = {
  connect: ({ url }) => (line = new Line(url, answer, takeWaves)),
  send: ({ text }) => line.send(text),
  giveUp: () => line.giveUp(),
  house({ waveforms, chairs, speed, fresh }) {
    if (fresh || speed !== house.speed) curves.clear()
    house = { waveforms: new Map(waveforms.map((one) => [one.number, one])), chairs: new Map(chairs), speed }
  },
  strip({ id, canvas, chair, kind }) {
    const sweep = new Sweep(canvas, chair, kind)
    sweep.paint(colours)
    sweeps.set(id, sweep)
    looked = 0
    stop ??= eachOtherFrame(draw)
  },
  size: ({ id, width, height, ratio }) => sweeps.get(id)?.resize(width, height, ratio),
  remove({ id }) {
    sweeps.delete(id)
    if (sweeps.size) return
    stop?.()
    stop = null
  },
  colours(message) {
    colours = message.colours
    for (const sweep of sweeps.values()) sweep.paint(colours)
  },
}

export const ask = (message) => TAKE[message.type](message)

/** One listener a type: 'open', 'text', 'closed' (the line), 'strip' (the curves). */
export const onAnswer = (type, listener) => listeners.set(type, listener)

const answer = (message) => listeners.get(message.type)?.(message)

/** Parts of a binary frame: u8 1, u8 parts, u16 chair, u32 0; each part u16 waveform, u16 count, u32 run, u64 first, samples. */
function takeWaves(buffer) {
  const view = new DataView(buffer)
  const chair = house.chairs.get(view.getUint16(2, true))
  if (view.getUint8(0) !== 1 || chair === undefined) return
  for (let part = 0, at = 8; part < view.getUint8(1); part += 1) {
    const count = view.getUint16(at + 2, true)
    const first = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 2 ** 32
    if (!Number.isSafeInteger(first)) return // no index that can be counted on from
    const waveform = house.waveforms.get(view.getUint16(at, true))
    if (waveform) curveOf(chair, waveform).take(view.getUint32(at + 4, true), first, new Int16Array(buffer, at + 16, count), performance.now() / 1000)
    at += 16 + Math.ceil((count * 2) / 8) * 8
  }
}

function curveOf(chair, waveform) {
  const known = curves.get(chair) ?? curves.set(chair, new Map()).get(chair)
  const curve = known.get(waveform.number)
  if (curve?.waveform.rate_hz === waveform.rate_hz && curve.waveform.name === waveform.name) return curve
  return known.set(waveform.number, new Curve(waveform, house.speed)).get(waveform.number)
}

function draw(ms) {
  if (ms - looked > LOOK_MS) look(ms)
  for (const sweep of sweeps.values()) sweep.draw(ms / 1000)
}

/** Chooses curves and gains, and tells the page which strips show what. */
function look(ms) {
  looked = ms
  for (const [id, sweep] of sweeps) {
    const found = sweep.look([...(curves.get(sweep.chair)?.values() ?? [])], ms / 1000)
    const told = `${found.name} ${found.silent}`
    if (told !== sweep.told) answer({ type: 'strip', id, ...found })
    sweep.told = told
  }
}
