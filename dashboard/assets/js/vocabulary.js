// The words people answer and chart with, as the server checks them: asked once, kept, asked again where there was no answer.

import { read } from './actions.js'

let asked = null

/** All lists of `GET /api/vocabulary`; null while the server does not answer. */
export function vocabulary() {
  asked ??= read('vocabulary').then((words) => {
    if (!words) asked = null
    return words
  })
  return asked
}

export const NO_WORDS = 'The questions cannot be had: the server does not answer.'
