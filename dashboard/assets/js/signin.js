// Who is at this screen: choose a name, and every action bears it. Signed out one may look, not act.

import { onActor, press, read, signIn, signOut } from './actions.js'
import { icon } from './icons.js'
import { button, make, write } from './make.js'
import { go } from './pages.js'
import { t } from './text.js'

export const LOOKING_ONLY = t('Looking only. Sign in to act.')
const ROLES = {
  nurse: t('Nurse'),
  physician: t('Physician'),
  observer: t('Observer, looks only'),
  administrator: t('Administrator'),
  service: t('Service'),
}

function choices(users, refusal, done) {
  return users.map(({ name, role }) => {
    const choose = make(
      'button.user',
      { type: 'button', onclick: () => press(choose, () => signIn(name), refusal).then((outcome) => outcome?.ok && done()) },
      icon('person'),
      make('b', {}, name),
      make('span', {}, ROLES[role] ?? role),
    )
    return choose
  })
}

async function fillUsers(list, refusal, done) {
  const answer = await read('users')
  if (!answer) write(refusal, t('The server does not tell who may sign in.'))
  else if (!answer.users.length) write(refusal, t('Nobody is named in the configuration: add a [[user]] to vigil.toml.'))
  else list.replaceChildren(...choices(answer.users, refusal, done))
}

/** Asks for a name in a dialog, where an action was refused for want of one; true when somebody signed in. */
export function askWho() {
  return new Promise((resolve) => {
    const refusal = make('p.refusal', { role: 'alert' })
    const list = make('div.users')
    const dialog = make(
      'dialog.dialog',
      { 'aria-label': t('Sign in') },
      make('header', {}, make('h2', {}, t('Who are you?')), make('span.aside', {}, t('every action bears a name'))),
      list,
      refusal,
      make(
        'footer',
        {},
        button('outlined', t('Cancel'), () => dialog.close()),
      ),
    )
    let signed = false
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(signed)
    })
    document.body.append(dialog)
    dialog.showModal()
    fillUsers(list, refusal, () => {
      signed = true
      dialog.close()
    }).then(() => list.querySelector('button')?.focus())
  })
}

/** Fills `place` with the page where one signs in or out. */
export function mountSignIn(place) {
  const refusal = make('p.refusal', { role: 'alert' })
  const title = make('h1')
  const words = make('p')
  const list = make('div.users')
  const leave = button('outlined', t('Sign out'), () => press(leave, signOut, refusal))
  place.replaceChildren(make('div.sign-in-page', {}, title, words, list, refusal, leave))
  fillUsers(list, refusal, goBack)
  return onActor((who) => {
    write(title, who ? who.name : t('Who are you?'))
    write(words, who ? t`${ROLES[who.role] ?? who.role}. Choose another name to hand over.` : LOOKING_ONLY)
    leave.hidden = !who
  })
}

/** To the page one came from; who opened this page by its address goes to the wall. */
function goBack() {
  if (history.length > 2) history.back()
  else go('/')
}
