// The one frame all dialogs share: a title, a form, a sentence for a refusal, two buttons. The browser's own modal dialog
// keeps the focus inside and closes on Escape. Alerts go on behind it; nothing here hides a rail for good.

import { button, make } from './make.js'
import { press } from './actions.js'
import { t } from './text.js'

/**
 * Opens a dialog and resolves to true when `submit()` gave {ok: true}, to false when it was left.
 * `body` are elements; `submitLabel` names what will happen; `wide` for forms of several columns.
 */
export function openDialog({ title, aside = '', body, submit, submitLabel, wide = false }) {
  return new Promise((resolve) => {
    const refusal = make('p.refusal', { role: 'alert' })
    const cancel = button('outlined', t('Cancel'), () => dialog.close())
    const go = make('button.button.light', { type: 'submit' }, make('span', {}, submitLabel))
    const heading = make('h2', { id: `dialog-${Date.now()}` }, title)
    const form = make(
      'form',
      { method: 'dialog', noValidate: true },
      make('header', {}, heading, make('span.aside', {}, aside)),
      make('div.body', {}, body),
      refusal,
      make('footer', {}, cancel, go),
    )
    const dialog = make(wide ? 'dialog.dialog.wide' : 'dialog.dialog', { 'aria-labelledby': heading.id }, form)
    let done = false
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      const outcome = await press(go, submit, refusal)
      done = Boolean(outcome?.ok)
      if (done) dialog.close()
    })
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(done)
    })
    document.body.append(dialog)
    dialog.showModal()
    ;(form.querySelector('[autofocus], .body input, .body select, .body button') ?? go).focus()
  })
}

let fields = 0

/** A labelled text field with its unit and a line for a hint: {element, input, hint}. */
export function field(
  label,
  { unit = '', value = '', inputMode = 'text', maxLength = 40, placeholder = '', autocomplete = 'off' } = {},
) {
  const id = `field-${++fields}`
  const hint = make('span.hint', { id: `${id}-hint` })
  const input = make('input', { id, value, inputMode, maxLength, placeholder, autocomplete, 'aria-describedby': hint.id })
  const unitMark = make('span.unit', { 'aria-hidden': 'true' }, unit)
  const name = make('label', { htmlFor: id }, label)
  return { element: make('div.field', {}, name, make('div.box', {}, input, unitMark), hint), input, hint, unit: unitMark, name }
}

/** One of a few: a row of radio buttons that looks like a switch. None is chosen beforehand unless `value` says so. */
export function choice(label, options, { value = null, onchange = () => undefined } = {}) {
  const name = `choice-${++fields}`
  const inputs = options.map(([word, text]) => {
    const input = make('input', { type: 'radio', name, value: word, checked: word === value, onchange: () => onchange(word) })
    return make('label', {}, input, make('span', {}, text))
  })
  const element = make('fieldset.choice', {}, make('legend', {}, label), make('div.options', {}, inputs))
  return { element, chosen: () => element.querySelector('input:checked')?.value ?? null }
}
