// The words people answer and chart with, as the server checks them: asked once, kept, asked again where there was no answer.

import { read } from './actions.js'
import { openDialog } from './dialogs.js'
import { make } from './make.js'
import { t } from './text.js'

let asked = null

/** All lists of `GET /api/vocabulary`; null while the server does not answer. */
export function vocabulary() {
  asked ??= read('vocabulary').then((words) => {
    if (!words) asked = null
    return words
  })
  return asked
}

/** Opens what needs the words, `open(words)`; a dialog that says so where they cannot be had. */
export async function withWords(title, open) {
  const words = await vocabulary()
  if (words) return open(words)
  const body = [make('p', {}, t('The words for this cannot be had: the server does not answer.'))]
  return openDialog({ title, body, submit: () => ({ ok: true }), submitLabel: t('Close') })
}
