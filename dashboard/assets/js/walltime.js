// What the clock on the clinic's wall showed at a time of the house, and how long ago it was.

import { now, shown, state } from './stream.js'
import { clock, hourMinute, minutes } from './words.js'

/** 13:44 */
export const hour = (at) => hourMinute(shown(at), state.zone)
/** 13:44:20 */
export const hourAndSecond = (at) => clock(shown(at), state.zone)
/** m:ss since `at`; 0:00 for what is still to come. */
export const since = (at) => minutes(Math.max(0, now() - at))
/** m:ss until `at`; 0:00 once it has come. */
export const until = (at) => minutes(Math.max(0, Math.ceil((at - now()) / 1e6) * 1e6))
