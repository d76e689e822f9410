// A port and what speaks on it, for the first run and the settings: what was found, how sure that is, or why nothing is known.

import { make } from './make.js'
import { t } from './text.js'

const SURE = { certain: t('certain'), likely: t('likely, not certain') }

/** What was found on a port, in lines; nothing where nobody looked. */
export function findingLines(finding, running) {
  if (!finding) return [make('p.quiet', {}, running ? t('Listening…') : t('Nobody has listened here yet.'))]
  if (!finding.known) return [make('p.unknown', {}, t`Not recognised: ${finding.sentence}`)]
  const facts = [finding.model, finding.detail, finding.format && t`format ${finding.format}`, finding.own_line && t`line ${finding.own_line}`].filter(Boolean)
  const notes = [finding.rival && t`driver ${finding.rival} understands as much`, finding.simulated && t('a simulator: its chair is marked DEMO')].filter(Boolean)
  return [
    make('p.device', {}, make('b', {}, finding.title), make('span.chip', {}, SURE[finding.confidence] ?? finding.confidence)),
    facts.length ? make('p', {}, facts.join(' · ')) : null,
    make('p.quiet', {}, [finding.why, ...notes].join(' · ')),
  ].filter(Boolean)
}

/** How a port is called: its lasting name, and the present one where that differs. */
export function portName({ path, name, title }) {
  const short = name.replace(/^\/dev\/serial\/by-(id|path)\//, '')
  return make('div.port-name', { title: name }, make('b', {}, short), make('small', {}, [name === path ? '' : path, title].filter(Boolean).join(' · ')))
}
