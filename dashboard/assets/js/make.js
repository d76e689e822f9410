// Makes elements. Text is always set as text, never as markup.

import { icon } from './icons.js'

/** An element: `make('button.light', {type: 'button', onclick: f}, 'Save', …)`. Null and false children are left out. */
export function make(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split('.')
  const element = document.createElement(tag)
  if (classes.length) element.className = classes.join(' ')
  for (const [name, value] of Object.entries(properties)) set(element, name, value)
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return
  if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
  else if (name in element && name !== 'list' && name !== 'form') element[name] = value
  else element.setAttribute(name, value === true ? '' : value)
}

/** Sets text only where it differs, in the text node that is there: so little is laid out anew each second. */
export function write(element, text) {
  const node = element.firstChild
  if (node && node === element.lastChild && node.nodeType === Node.TEXT_NODE) {
    if (node.data !== text) node.data = text
  } else if (element.textContent !== text) element.textContent = text
}

/** A button: `kind` is 'light' (one a view), 'raised' or 'outlined'. */
export function button(kind, label, onclick, iconName = null) {
  return make(`button.button.${kind}`, { type: 'button', onclick }, iconName && icon(iconName), make('span', {}, label))
}

/**
 * Brings the children of `list` into the order of `items`, each row made once by its key and brought up to date by `update`.
 * A row keeps its place in the document while its order does not change, so that no finger misses it.
 */
export function keyed(list, items, key, create, update) {
  const rows = new Map([...list.children].map((row) => [row.dataset.key, row]))
  items.forEach((item, index) => {
    const name = String(key(item))
    let row = rows.get(name)
    if (!row) {
      row = create(item)
      row.dataset.key = name
    }
    rows.delete(name)
    update(row, item)
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null)
  })
  rows.forEach((row) => row.remove())
}
