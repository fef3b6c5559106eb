/** Areas on the earth: boxes, circles and polygons, in the forms in which the field writes them. */
import { isObject } from '../../../base/json.ts'
import { OPTIONS_OF_TEST } from '../operators.ts'
import { areaProblem } from '../geo.ts'
import { type Area, OPTION_VALUES_MAX } from '../predicate.ts'
import { type Options, readList } from './options.ts'
import { quote, type Written } from './written.ts'

type Point = [latitude: number, longitude: number]

const LATITUDE = { names: ['lat', 'latitude'], max: 90 }
const LONGITUDE = { names: ['lon', 'lng', 'longitude'], max: 180 }
const POINT_NAMES: readonly string[] = [...LATITUDE.names, ...LONGITUDE.names]

/** Undefined when no area could be read (reported). Several of a kind stand in a list. */
export function parseAreas(options: Options): Area[] | undefined {
  const [kind, ...others] = options.among(OPTIONS_OF_TEST.within)
  if (kind === undefined)
    return options.written.error(
      'An area is missing.',
      'Write it as `"box": {"top_left": …, "bottom_right": …}`, `"circle": {"latitude": …, "longitude": …, "metres": …}` or `"polygon": {"points": […]}`.',
    )
  if (others[0] !== undefined)
    return options.written
      .at(others[0])
      .error(`There is "${kind}" already.`, 'Write one kind of area; several in an `any` group.')
  const read = READERS[kind] ?? readBox
  const areas = readList(options.written.at(kind), (written) => {
    const area = read(written)
    const problem = area && areaProblem(area)
    return problem === undefined ? area : written.error(`The area is wrong: ${problem}.`, HINTS[kind])
  })
  return areas.length === 0 ? undefined : areas
}

const READERS: Record<string, (written: Written) => Area | undefined> = { box: readBox, circle: readCircle, polygon: readPolygon }

function readBox(written: Written): Area | undefined {
  if (!isObject(written.value)) return written.error(`A box must be an object, not ${quote(written.value)}.`, BOX_HINT)
  const bounds = written.at('top_left').value === undefined ? readEdges(written) : readCorners(written)
  return bounds && { area: 'box', ...bounds }
}

const BOX_HINT =
  'Write `{"top_left": {"lat": 49, "lon": 2}, "bottom_right": {"lat": 48, "lon": 3}}`, or north, south, west and east.'

type Bounds = { north: number; south: number; west: number; east: number }

function readCorners(written: Written): Bounds | undefined {
  written.onlyKnows(['top_left', 'bottom_right'], 'A box')
  const [topLeft, bottomRight] = [readPoint(written.at('top_left')), readPoint(written.at('bottom_right'))]
  return topLeft && bottomRight && { north: topLeft[0], west: topLeft[1], south: bottomRight[0], east: bottomRight[1] }
}

function readEdges(written: Written): Bounds | undefined {
  written.onlyKnows(['north', 'south', 'west', 'east'], 'A box')
  const edge = (name: string, { max }: { max: number }) => readDegrees(written.at(name), `"${name}"`, max)
  const [north, south] = [edge('north', LATITUDE), edge('south', LATITUDE)]
  const [west, east] = [edge('west', LONGITUDE), edge('east', LONGITUDE)]
  if (north === undefined || south === undefined || west === undefined || east === undefined) return undefined
  return { north, south, west, east }
}

function readCircle(written: Written): Area | undefined {
  if (!isObject(written.value)) return written.error(`A circle must be an object, not ${quote(written.value)}.`, CIRCLE_HINT)
  written.onlyKnows([...POINT_NAMES, 'center', 'metres', 'radius'], 'A circle')
  const isAtCenter = written.at('center').value !== undefined
  if (isAtCenter) refuseTwice(written, ['center', ...POINT_NAMES])
  refuseTwice(written, ['metres', 'radius'])
  const center = isAtCenter ? readPoint(written.at('center')) : readPlace(written)
  const value = written.at('metres').value ?? written.at('radius').value
  if (typeof value !== 'number')
    return written.at('metres').error(`The radius must be a number of metres, not ${quote(value)}.`, CIRCLE_HINT)
  return center && { area: 'circle', latitude: center[0], longitude: center[1], metres: value }
}

const CIRCLE_HINT = 'Write `{"latitude": 48.85, "longitude": 2.35, "metres": 5000}`.'

function readPolygon(written: Written): Area | undefined {
  if (!isObject(written.value)) return written.error(`A polygon must be an object, not ${quote(written.value)}.`, POLYGON_HINT)
  written.onlyKnows(['points'], 'A polygon')
  const list = written.at('points')
  if (!Array.isArray(list.value))
    return list.error(`The points of a polygon must be a list, not ${quote(list.value)}.`, POLYGON_HINT)
  if (list.value.length > OPTION_VALUES_MAX)
    return list.error(
      `The polygon has ${list.value.length} points; ${OPTION_VALUES_MAX} are allowed.`,
      'Leave out those that do not matter.',
    )
  const points = list.items().flatMap((item) => {
    const point = readPoint(item)
    return point ? [point] : []
  })
  return points.length < list.value.length ? undefined : { area: 'polygon', points }
}

const POLYGON_HINT = 'Write `{"points": [[48, 2], [49, 2], [49, 3]]}`: latitude before longitude.'

const HINTS: Record<string, string> = {
  box: 'North is above south; west and east may cross the antimeridian.',
  circle: CIRCLE_HINT,
  polygon: POLYGON_HINT,
}

const POINT_HINT = 'Write `{"lat": 48.85, "lon": 2.35}`.'

/** `{lat, lon}`, `{latitude, longitude}`, or `[latitude, longitude]`. */
function readPoint(written: Written): Point | undefined {
  const { value } = written
  if (!Array.isArray(value) && !isObject(value))
    return written.error(`A point must be an object, not ${quote(value)}.`, POINT_HINT)
  if (Array.isArray(value) && value.length > 2)
    return written.error(`A point has a latitude and a longitude, not ${value.length} numbers.`, POINT_HINT)
  written.onlyKnows(POINT_NAMES, 'A point')
  return readPlace(written)
}

/** Beside whatever else stands there. */
function readPlace(written: Written): Point | undefined {
  const { value } = written
  for (const { names } of [LATITUDE, LONGITUDE]) refuseTwice(written, names)
  const part = (index: number, { names, max }: typeof LATITUDE) => {
    const name = names.find((one) => written.at(one).value !== undefined) ?? names[0] ?? ''
    return readDegrees(written.at(Array.isArray(value) ? index : name), index === 0 ? 'The latitude' : 'The longitude', max)
  }
  const [latitude, longitude] = [part(0, LATITUDE), part(1, LONGITUDE)]
  return latitude === undefined || longitude === undefined ? undefined : [latitude, longitude]
}

/** Of several names for the same, one may stand there. */
function refuseTwice(written: Written, names: readonly string[]): void {
  const [first, ...others] = names.filter((name) => written.at(name).value !== undefined)
  for (const name of others) written.at(name).error(`"${name}" and "${first}" say the same in two ways.`, 'Keep one of them.')
}

function readDegrees(written: Written, what: string, max: number): number | undefined {
  const { value } = written
  if (typeof value === 'number' && Math.abs(value) <= max) return value + 0
  return written.error(`${what} must be a number from ${-max} to ${max}, not ${quote(value)}.`)
}
