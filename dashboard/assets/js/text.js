// What people read, in the clinic's language. The English phrase is the key, as in gettext: t('Acknowledge'), t`Paused ${left} · end`.
// The page brings its catalogue along, so a phrase never waits. English brings none, and what is not translated stays English.

const told = globalThis.document?.getElementById('vigil-text') // a worker has none, and says nothing
const phrases = told && new Map(Object.entries(JSON.parse(told.textContent)))

/** The language of weekdays and months. */
export const LOCALE = phrases ? document.documentElement.lang : 'en-GB'

/**
 * `phrase` in the clinic's language, also one that the server says in English. As a template its key has {0}, {1} … where the
 * values stand, which a translation may order anew.
 */
export function t(phrase, ...values) {
  const isTemplate = Array.isArray(phrase)
  if (!phrases) return isTemplate ? String.raw({ raw: phrase }, ...values) : phrase
  if (!isTemplate) return phrase && (phrases.get(phrase) || composed(phrase)) // the server may have nothing to say
  return filled(phrase.reduce((before, part, n) => `${before}{${n - 1}}${part}`), values)
}

const filled = (key, values) => (phrases.get(key) || key).replace(/\{(\d)\}/g, (hole, n) => (n in values ? values[n] : hole))

/** Between these, what the server put together may be a phrase by itself; the names of parameters stay. */
const JOINTS = /([:;,] |\b(?:SpO₂|HR|PR|SBP|DBP|MAP|NIBP|RR|EtCO₂) )/

const composed = (sentence) =>
  numbered(sentence) || sentence.split(JOINTS).map((part) => phrases.get(part) || numbered(part) || part).join('')

/** A sentence of the server whose numbers are the values {0}, {1} … of its key; nothing where there is no such key. */
function numbered(sentence) {
  const values = []
  const key = sentence.replace(/\d+(?:[.:]\d+)*/g, (number) => `{${values.push(number) - 1}}`)
  return values.length && phrases.get(key) ? filled(key, values) : ''
}
