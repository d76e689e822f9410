// Draws curves on stages. A stage is one canvas beneath a page, with a place for every strip on it: what is drawn there costs one
// frame of one canvas, however many strips there are. Runs in a worker (painter.js), or in the page where canvases cannot be given away.

import { Curve } from './curves.js'
import { eachOtherFrame } from './frames.js'
import { Sweep } from './sweep.js'

const LOOK_MS = 500

/** The drawing: takes messages, and `answer`s {type: 'strip', id, name, silent} (which curve a strip shows) and {type: 'alive'}. */
export function makeDrawing(answer) {
  let house = { waveforms: new Map(), chairs: new Map(), speed: 1 }
  let colours = {}
  let looked = 0
  let stop = null
  const curves = new Map() // chair → Map of number → Curve
  const stages = new Map() // id → {canvas, context, …layout}
  const sweeps = new Map() // id → Sweep

  const TAKE = {
    house({ waveforms, chairs, speed, fresh }) {
      if (fresh || speed !== house.speed) curves.clear()
      house = { waveforms: new Map(waveforms.map((one) => [one.number, one])), chairs: new Map(chairs), speed }
    },
    stage({ id, canvas }) {
      // An opaque canvas need not be blended.
      stages.set(id, { canvas, context: canvas.getContext('2d', { alpha: false }), backs: [], radius: 0, ratio: 1 })
      stop ??= eachOtherFrame(draw)
    },
    layout,
    strip({ id, chair, kind }) {
      const sweep = new Sweep(chair, kind)
      sweep.paint(colours)
      sweeps.set(id, sweep)
      looked = 0
    },
    remove: ({ id }) => sweeps.delete(id),
    leave({ id }) {
      stages.delete(id)
      if (stages.size) return
      stop?.()
      stop = null
    },
    colours(message) {
      colours = message.colours
      for (const sweep of sweeps.values()) sweep.paint(colours)
      for (const id of stages.keys()) prepare(id)
    },
  }

  /** Where on a stage everything stands, px: the grounds of tiles, and the strips as [id, left, top, width, height]. */
  function layout({ id, width, height, ratio, radius, backs, strips }) {
    const stage = stages.get(id)
    if (!stage) return
    Object.assign(stage, { backs, radius, ratio })
    stage.canvas.width = Math.round(width * ratio)
    stage.canvas.height = Math.round(height * ratio)
    prepare(id)
    for (const [name, ...place] of strips) sweeps.get(name)?.place(stage.context, place, ratio)
  }

  function prepare(id) {
    const { canvas, context, backs, radius, ratio } = stages.get(id)
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.fillStyle = colours['--ground'] ?? '#000'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.fillStyle = colours.back ?? '#000'
    context.beginPath()
    for (const back of backs) context.roundRect(...back, radius)
    context.fill()
    for (const sweep of sweeps.values()) if (sweep.context === context) sweep.again()
  }

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
    answer({ type: 'alive' })
  }

  return (message) => (message instanceof ArrayBuffer ? takeWaves(message) : TAKE[message.type](message))
}
