// The page's end of its worker: messages go there by `ask`, and come back to whoever listens for their type.

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
const listeners = new Map()

worker.onmessage = ({ data }) => listeners.get(data.type)?.(data)
worker.onerror = (fault) => console.error('The worker failed.', fault.message)

export const ask = (message, transfer = []) => worker.postMessage(message, transfer)

/** One listener a type: 'open', 'text', 'closed' (the line), 'strip' (the curves). */
export const onAnswer = (type, listener) => listeners.set(type, listener)
