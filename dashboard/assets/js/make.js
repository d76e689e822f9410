// Makes elements. Text is always set as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg'

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

/** Sets text only where it differs, so that nothing is laid out anew each second. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

const PATHS = {
  trace: 'M2 12h5l2.5-6 4 12 2.5-6h6',
  plug: 'M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4',
  infusion: 'M12 3s-6 6.6-6 11a6 6 0 0 0 12 0c0-4.4-6-11-6-11z',
  history: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4l3 2',
  bellTick: 'M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4M9.5 11.5l2 2 3.5-4',
  bellPaused: 'M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4M3 3l3.5 3.5m4 4 3 3M21 3l-3.5 3.5m-4 4-3 3',
  speaker: 'M4 9v6h4l5 4V5L8 9zm12 0a4.5 4.5 0 0 1 0 6m2.5-8.5a8 8 0 0 1 0 11',
  speakerOff: 'M4 9v6h4l5 4V5L8 9zm12 .5 5 5m0-5-5 5',
  screen: 'M3 5h18v11H3zm6 15h6m-3-4v4',
  person: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 9a7 7 0 0 1 14 0',
  pause: 'M9 5v14m6-14v14',
  play: 'M8 5v14l11-7z',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  chevron: 'M6 9l6 6 6-6',
  lock: 'M6 11h12v9H6zm2.5 0V8a3.5 3.5 0 0 1 7 0v3',
  warn: 'M12 4 2.5 20h19zM12 10v4m0 3v.01',
}

/** A line icon of the house, 24 px grid; it is hidden from readers, the word beside it speaks. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
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
