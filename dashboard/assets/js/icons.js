// The line icons of the live pages: 24 px grid, 2 px line, round ends, no fill. Drawn for this house.

const SVG = 'http://www.w3.org/2000/svg'

const PATHS = {
  physiological: 'M2 12h5l2.5-6 4 12 2.5-6h6',
  technical: 'M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4',
  infusion: 'M12 3s-6 6.6-6 11a6 6 0 0 0 12 0c0-4.4-6-11-6-11z',
  latched: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4l3 2',
  acknowledged: 'M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4M9.5 11.5l2 2 3.5-4',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4',
  audioPaused: 'M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20h4M3 3l3.5 3.5m4 4 3 3M21 3l-3.5 3.5m-4 4-3 3',
  infusing: 'M12 3s-6 6.6-6 11a6 6 0 0 0 12 0c0-4.4-6-11-6-11z',
  paused: 'M9 5v14m6-14v14',
  planned: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4v5l3 2',
  recovery: 'M5 4v16m0-6h14v6M5 18h14M9 14v-4h6v4',
  closed: 'M5 12l5 5 9-11',
  none: 'M5 12h14',
  clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4v5l3 2',
  cuff: 'M4 7h12v8H4zm4 0v8M16 9h2.5a1.5 1.5 0 0 1 1.5 1.5V19M18 19h4',
  speaker: 'M4 9v6h4l5 4V5L8 9zm12 0a4.5 4.5 0 0 1 0 6m2.5-8.5a8 8 0 0 1 0 11',
  speakerOff: 'M4 9v6h4l5 4V5L8 9zm12 .5 5 5m0-5-5 5',
  screen: 'M3 5h18v11H3zm6 15h6m-3-4v4',
  person: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 9a7 7 0 0 1 14 0',
  order: 'M7 5v14m0 0-3-3m3 3 3-3M13 6h8m-8 6h6m-6 6h4',
  back: 'M15 5l-7 7 7 7',
  play: 'M8 5v14l11-7z',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  lock: 'M6 11h12v9H6zm2.5 0V8a3.5 3.5 0 0 1 7 0v3',
  warning: 'M12 4 2.5 20h19zM12 10v4m0 3v.01',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  play: 'M8 5v14l11-7z',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  note: 'M5 4h14v11l-5 5H5zM19 15h-5v5',
  warning: 'M12 4 2.5 20h19zM12 10v4m0 3v.01',
  stop: 'M6 6h12v12H6z',
  plus: 'M12 5v14M5 12h14',
  drug: 'M18 3l3 3m-1.5-1.5L16 8m-3-3 6 6M14.5 6.5 6 15l-1 4 4-1 8.5-8.5M5 19l-2 2',
  flag: 'M6 21V4h12l-2.5 4L18 12H6',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  chevron: 'M6 9l6 6 6-6',
  plug: 'M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zm6 9v4',
  wave: 'M2 12h5l2.5-6 4 12 2.5-6h6',
  offline: 'M3 9a14 14 0 0 1 4.5-2.9m4.5-.8A14 14 0 0 1 21 9M6.5 13a9 9 0 0 1 3-1.8m5 .6A9 9 0 0 1 17.5 13M10 17a3 3 0 0 1 4 0M4 3l16 18',
}

/** An icon by name, hidden from readers: the word beside it speaks. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const path = svg.appendChild(document.createElementNS(SVG, 'path'))
  path.setAttribute('d', PATHS[name] ?? '')
  return svg
}

/** Turns `svg` into another icon, only where it differs. */
export function redraw(svg, name) {
  const path = svg.firstChild
  if (path.getAttribute('d') !== PATHS[name]) path.setAttribute('d', PATHS[name] ?? '')
}
