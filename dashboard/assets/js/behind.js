// What works behind the views: it holds the line to the server, and hands curves to the worker that draws them. Messages go in by
// `ask`; what comes back goes to whoever listens for its type. Curves never come back: the views say where on which canvas they
// are to be drawn, and in which colours.

import { Line } from './line.js'

let line = null
let house = null
let painter = null // takes (message, transfer); there is none before a page has a stage
const listeners = new Map()
const canGive = typeof Worker === 'function' && 'transferControlToOffscreen' in HTMLCanvasElement.prototype

const TAKE = {
  connect: ({ url }) => (line = new Line(url, answer, takeWaves)),
  send: ({ text }) => line.send(text),
  giveUp: () => line.giveUp(),
  house(message) {
    painter?.(message)
    house = { ...message, fresh: false }
  },
}

export const ask = (message, transfer = []) => (TAKE[message.type] ? TAKE[message.type](message) : post(message, transfer))

/** One listener a type: 'open', 'text', 'closed' (the line), 'strip', 'alive' (the curves). */
export const onAnswer = (type, listener) => listeners.set(type, listener)

/** Gives `canvas` away to be drawn upon: [what to put into the message, what to transfer with it]. */
export function given(canvas) {
  if (!canGive) return [canvas, []]
  const offscreen = canvas.transferControlToOffscreen()
  return [offscreen, [offscreen]]
}

const answer = (message) => listeners.get(message.type)?.(message)

const takeWaves = (buffer) => painter?.(buffer, [buffer])

function post(message, transfer) {
  if (!painter) {
    painter = canGive ? inWorker() : here()
    if (house) painter(house)
  }
  painter(message, transfer)
}

function inWorker() {
  const worker = new Worker(new URL('./painter.js', import.meta.url), { type: 'module' })
  worker.onmessage = ({ data }) => answer(data)
  worker.onerror = (fault) => console.error('Curves cannot be drawn.', fault.message)
  return (message, transfer) => worker.postMessage(message, transfer)
}

function here() {
  const drawing = import('./drawing.js').then(({ makeDrawing }) => makeDrawing(answer))
  return (message) => drawing.then((take) => take(message))
}
