// The websocket and its reconnection.

const DEAD_AFTER_MS = 5000 // a socket that does not open, or says nothing, for so long is given up
const RETRY_MS = [250, 500, 1000, 2000]

export class Line {
  /** `tell` gets {type: 'open' | 'text' | 'closed', …}; `takeWaves` gets every binary frame. */
  constructor(url, tell, takeWaves) {
    Object.assign(this, { url, tell, takeWaves, socket: null, tries: 0, heard: 0 })
    setInterval(() => this.judge(), 1000)
    this.open()
  }

  open() {
    const socket = new WebSocket(this.url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    this.heard = performance.now()
    socket.onopen = () => socket === this.socket && this.tell({ type: 'open' })
    socket.onmessage = ({ data }) => socket === this.socket && this.take(data)
    socket.onclose = () => socket === this.socket && this.retry()
  }

  take(data) {
    this.heard = performance.now()
    if (typeof data !== 'string') return this.takeWaves(data)
    this.tries = 0
    this.tell({ type: 'text', text: data })
  }

  send(text) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(text)
  }

  retry() {
    const wait = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)]
    this.socket = null
    this.tries += 1
    this.tell({ type: 'closed', tries: this.tries, wait })
    setTimeout(() => this.socket ?? this.open(), wait)
  }

  judge() {
    if (this.socket && performance.now() - this.heard > DEAD_AFTER_MS) this.giveUp()
  }

  giveUp() {
    const dead = this.socket
    if (!dead) return
    dead.onclose = null
    dead.close()
    this.retry()
  }
}
