// What people read, in the clinic's language. The English phrase is the key, as in gettext: t('Acknowledge'), t`Paused ${left} · end`.
// The page brings its catalogue along, so a phrase never waits. English brings none, and what is not translated stays English.

const told = document.getElementById('vigil-text')
const phrases = told && new Map(Object.entries(JSON.parse(told.textContent)))

/** The language of weekdays and months. */
export const LOCALE = phrases ? document.documentElement.lang : 'en-GB'

/**
 * `phrase` in the clinic's language, also one that the server says in English. As a template its key has {0}, {1} … where the
 * values stand, which a translation may order anew.
 */
export function t(phrase, ...values) {
  const isText = typeof phrase === 'string'
  if (!phrases) return isText ? phrase : String.raw({ raw: phrase }, ...values)
  if (isText) return phrases.get(phrase) || composed(phrase)
  return filled(phrase.reduce((before, part, n) => `${before}{${n - 1}}${part}`), values)
}

const filled = (key, values) => (phrases.get(key) || key).replace(/\{(\d)\}/g, (hole, n) => (n in values ? values[n] : hole))

/** What the server put together: the numbers in it are values, and what stands between colons and commas may be a phrase by itself. */
function composed(sentence) {
  const values = []
  const key = sentence.replace(/\d+(?:[.:]\d+)*/g, (number) => `{${values.push(number) - 1}}`)
  if (values.length && phrases.get(key)) return filled(key, values)
  const parts = sentence.split(/([:;,] )/)
  return parts.length > 1 ? parts.map((part) => t(part)).join('') : sentence
}
