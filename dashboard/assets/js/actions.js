// Everything a person does goes to the server from here, over HTTP, as the one who is signed in. A refusal comes
// back as one sentence. This module shows nothing but the state of the button that was pressed.

import { t } from './text.js'

const listeners = new Set()
const askWho = () => import('./signin.js').then((module) => module.askWho()) // true when somebody signed in

/** Who is signed in at this browser: {name, role}, or null; undefined while nobody knows yet. */
export let actor

/** Calls `listener(actor)` at once and on every sign-in and sign-out. */
export function onActor(listener) {
  listeners.add(listener)
  listener(actor)
  return () => listeners.delete(listener)
}

function become(who) {
  actor = who
  listeners.forEach((listener) => listener(actor))
}

const NO_ANSWER = t('The server does not answer. Nothing was changed as far as this screen knows.')

function sentenceOf(status, body) {
  if (typeof body?.detail === 'string') return t(body.detail)
  if (Array.isArray(body?.detail)) return body.detail.map((fault) => t(fault.msg)).join('. ')
  return t`The server refused (${status}).`
}

async function request(method, path, body) {
  const init = { method, headers: { Accept: 'application/json' }, credentials: 'same-origin', cache: 'no-store' }
  if (method === 'POST') Object.assign(init, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  try {
    const response = await fetch(path, init)
    const answer = await response.json().catch(() => null)
    const sentence = response.ok ? '' : sentenceOf(response.status, answer)
    return { ok: response.ok, status: response.status, answer, sentence }
  } catch {
    return { ok: false, status: 0, answer: null, sentence: NO_ANSWER }
  }
}

/** What stands at `path` of the API; null when it cannot be had. */
export async function read(path) {
  const { ok, answer } = await request('GET', `/api/${path}`)
  return ok ? answer : null
}

/** Does `action` at a chair: {ok, sentence}. Who is not signed in is asked first, and then it is done. */
export const act = (chair, action, body = {}) => send(`chairs/${encodeURIComponent(chair)}/${action}`, body)

/** Sends `body` to a path of the API: {ok, sentence, answer}. Who is not signed in is asked first. */
export async function send(to, body) {
  const path = `/api/${to}`
  const outcome = await request('POST', path, body)
  if (outcome.status !== 401) return outcome
  become(null)
  return (await askWho()) ? request('POST', path, body) : { ...outcome, sentence: t('Looking only. Sign in to act.') }
}

export async function findOut() {
  become((await read('me'))?.actor ?? null)
}

export async function signIn(name) {
  const outcome = await request('POST', '/api/sign-in', { name })
  if (outcome.ok) await findOut()
  return outcome
}

export async function signOut() {
  const outcome = await request('POST', '/api/sign-out', {})
  if (outcome.ok) become(null)
  return outcome
}

/** May act at chairs: the server judges, this only words what is offered. */
export const mayAct = () => ['nurse', 'physician', 'service'].includes(actor?.role)

/**
 * Runs `work` for a pressed button: once at a time, marked as pending, its refusal written into `place`.
 * `work` gives back {ok, sentence}.
 */
export async function press(button, work, place) {
  if (button.getAttribute('aria-busy') === 'true') return null
  button.setAttribute('aria-busy', 'true')
  if (place) place.textContent = ''
  try {
    const outcome = await work()
    if (!outcome.ok && place) place.textContent = outcome.sentence
    return outcome
  } finally {
    button.removeAttribute('aria-busy')
  }
}
