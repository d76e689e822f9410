// Shows the server's OpenAPI document as a page to read: no library, nothing from elsewhere.

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

const make = (tag, text = '', ...children) => {
  const element = document.createElement(tag)
  element.textContent = text
  element.append(...children)
  return element
}

const api = await (await fetch('openapi.json')).json()
const schemas = api.components?.schemas ?? {}
const named = (schema) => (schema.$ref ? schemas[schema.$ref.split('/').pop()] : schema)
const nameOf = (schema) => schema.$ref?.split('/').pop()

/** A schema in a few words: "string", "Actor or null", "array of AlertView". */
function inWords(schema) {
  const choices = schema.anyOf ?? schema.oneOf
  if (nameOf(schema)) return nameOf(schema)
  if (choices) return choices.map(inWords).join(' or ')
  if ('const' in schema) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.join(' | ')
  if (schema.type === 'array') return `array of ${schema.items ? inWords(schema.items) : 'anything'}`
  return schema.type ?? 'anything'
}

/** The schemas that a schema speaks of, each once, so that a reader finds them below the table. */
function spokenOf(schema, seen = new Set()) {
  const name = nameOf(schema)
  if (name && seen.has(name)) return seen
  if (name) seen.add(name)
  const whole = named(schema) ?? {}
  const parts = [whole.items, ...(whole.anyOf ?? []), ...(whole.oneOf ?? []), ...(whole.prefixItems ?? [])]
  parts.push(...Object.values(whole.properties ?? {}))
  if (typeof whole.additionalProperties === 'object') parts.push(whole.additionalProperties)
  for (const part of parts) if (part) spokenOf(part, seen)
  return seen
}

function fields(schema) {
  const table = make('table')
  const { properties = {}, required = [], description = '', enum: words } = named(schema) ?? {}
  if (description) table.append(make('caption', description))
  if (words) table.append(make('tr', '', make('td', words.join(' | '))))
  for (const [field, of] of Object.entries(properties)) {
    const must = required.includes(field) ? '' : ' (may be left out)'
    table.append(make('tr', '', make('td', '', make('code', field)), make('td', inWords(of) + must), make('td', of.description ?? '')))
  }
  return table
}

function body(title, schema) {
  const box = make('div', '', make('h3', `${title}: ${inWords(schema)}`), fields(schema))
  for (const name of [...spokenOf(schema)].filter((one) => one !== nameOf(schema))) {
    box.append(make('details', '', make('summary', '', make('b', name)), fields({ $ref: `#/components/schemas/${name}` })))
  }
  return box
}

const jsonOf = (part) => part?.content?.['application/json']?.schema

function route(method, path, told) {
  const inside = make('div', told.description ?? '')
  for (const { name, in: place, schema, description = '', required } of told.parameters ?? []) {
    inside.append(make('p', `${name} (${place}, ${inWords(schema)}${required ? '' : ', may be left out'}) ${description}`))
  }
  const sent = jsonOf(told.requestBody)
  if (sent) inside.append(body('Body', sent))
  for (const [status, answer] of Object.entries(told.responses)) {
    const schema = jsonOf(answer)
    if (status === '200' && schema) inside.append(body('Answer', schema))
    else if (status !== '200') inside.append(make('p', `${status}: ${answer.description}`))
  }
  const head = make('summary', '', make('b', method.toUpperCase()), make('b', path), make('span', told.summary ?? ''))
  return make('details', '', head, inside)
}

const groups = new Map()
for (const [path, methods] of Object.entries(api.paths)) {
  for (const method of METHODS.filter((one) => methods[one])) {
    const tag = methods[method].tags?.at(-1) ?? 'other'
    groups.set(tag, [...(groups.get(tag) ?? []), route(method, path, methods[method])])
  }
}

document.querySelector('#version').textContent = api.info.version
document.querySelector('#about').textContent = api.info.description
const routes = document.querySelector('#routes')
routes.replaceChildren()
for (const [tag, entries] of groups) {
  const title = make('h2', tag)
  title.id = tag
  routes.append(title, ...entries)
  const link = make('a', tag)
  link.href = `#${tag}`
  document.querySelector('#contents').append(link)
}
