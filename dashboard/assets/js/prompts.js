// What the session asks a person now, quietly, in its panel: what the pump says, and an unusual order that waits for a
// physician. A prompt makes no sound, and stands until it is answered.

import { act, press } from './actions.js'
import { confirmOrder } from './gate.js'
import { button, make, write } from './make.js'
import { pumpStates } from './steps.js'
import { t } from './text.js'
import { vocabulary } from './vocabulary.js'

/** What the pump was charted to say since `at`; nothing where nobody looked. */
export const pumpSaid = (session, at) => session.charted.findLast((entry) => entry.kind === 'pump' && entry.at >= at)?.term ?? ''

/** The question about the pump that waits now, or nothing. */
export function pumpQuestion(session, at) {
  const [since, words] =
    session.phase === 'paused'
      ? [session.paused_at, t('Paused: what does the pump say?')]
      : session.phase === 'infusing' && session.planned_end_at !== null && at >= session.planned_end_at
        ? [session.planned_end_at, t('Planned end reached: what does the pump say?')]
        : session.phase === 'recovery'
          ? [session.stopped_at, t('Infusion ended: what does the pump say?')]
          : [null, '']
  return since === null || pumpSaid(session, since) ? '' : words
}

/** {element, update(session or null, at)} */
export function makePrompts(chair) {
  const refusal = make('p.refusal', { role: 'alert' })
  const question = make('p')
  const answers = make('div.answers')
  const pump = make('div.prompt.pump', { hidden: true }, question, answers, refusal)
  const sentences = make('p')
  const confirm = button('outlined', t('Confirm…'), () => confirmOrder(chair))
  const order = make('div.prompt.order', { hidden: true }, sentences, confirm)

  const fill = (words) => {
    if (!words || answers.children.length) return
    answers.append(
      ...pumpStates(words).map(([term, label]) => {
        const answer = button('raised', label, () => press(answer, () => act(chair, 'chart', { kind: 'pump', term }), refusal))
        return answer
      }),
    )
  }
  const update = (session, at) => {
    const asks = session && session.phase !== 'recovery' ? session.asks : []
    const asked = session ? pumpQuestion(session, at) : ''
    order.hidden = !asks.length
    write(sentences, asks.length ? t`Waits for a physician: ${asks.map((one) => t(one)).join('; ')}.` : '')
    pump.hidden = !asked
    write(question, asked)
    if (asked && !answers.children.length) vocabulary().then(fill)
  }
  return { element: make('div.prompts', {}, order, pump), update }
}
