// The worker in which curves are drawn: the page's own thread is left to numbers, alerts and fingers.

import { makeDrawing } from './drawing.js'

const take = makeDrawing((message) => postMessage(message))
onmessage = ({ data }) => take(data)
