/** YAML (and JSON) files with positions; anchors, aliases and merge keys (`<<`) work within one file. */
import { readFileSync } from 'node:fs'
import { isAlias, isCollection, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document, Node, Pair, YAMLMap, YAMLParseError } from 'yaml'
import { suggest } from '../../base/suggest.ts'
import { didYouMean, type Place, type ProblemList } from '../problem.ts'
import type { Path, SourceFile } from './source-file.ts'

/** Aliases multiply what is read; a catalog is trusted, so this only stops an accident from filling memory. */
const ALIASES_MAX = 100_000

/** The parsed file, or undefined when it is no YAML (reported). Throws what `readFileSync` throws. */
export function readYamlFile(file: string, problems: ProblemList): SourceFile | undefined {
  const lines = new LineCounter()
  const document = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, merge: true, prettyErrors: false })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (!reportSyntax(document, placeAt, problems)) return undefined
  return {
    file,
    value: document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown,
    placeOf: (path) => placeAt(offsetOf(document, path)),
    placeOfName: (path) => placeAt(offsetOf(document, path, true)),
  }
}

/** False when the file cannot be used. Names that occur twice do not hinder; of syntax errors the first says all, the rest follow from it. */
function reportSyntax(document: Document, placeAt: (offset: number) => Place, problems: ProblemList): boolean {
  const [first] = document.errors.filter((error) => !isRepeat(error))
  for (const error of first ? [first] : document.errors)
    problems.error(placeAt(error.pos[0]), syntaxMessage(error), syntaxHint(error.code))
  if (first) return false
  const anchors: string[] = []
  let isResolved = true
  visit(document, {
    Node: (_, node) => void ('anchor' in node && node.anchor !== undefined && anchors.push(node.anchor)),
    Alias: (_, alias) => {
      if (anchors.includes(alias.source)) return
      isResolved = false
      const message = `There is no anchor "&${alias.source}" above this.`
      problems.error(placeAt(startOf(alias) ?? 0), message, didYouMean(suggest(alias.source, anchors)))
    },
  })
  return isResolved
}

function isRepeat(error: YAMLParseError): boolean {
  return error.code === 'DUPLICATE_KEY'
}

function syntaxMessage(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'This name occurs twice in one map.'
  return `Not valid YAML: ${error.message}`
}

function syntaxHint(code: string): string | undefined {
  if (code === 'DUPLICATE_KEY') return 'Rename or remove one; only the last would count.'
  if (code === 'TAB_AS_INDENT') return 'Indent with spaces.'
  return undefined
}

function offsetOf(document: Document, path: Path, isName = false): number {
  let node: unknown = document.contents
  let place = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    const pair = isMap(target(document, node)) ? findPair(document, target(document, node) as YAMLMap, step) : undefined
    const seq = target(document, node)
    const next = pair ? pair.value : isSeq(seq) && typeof step === 'number' ? seq.items[step] : undefined
    if (pair === undefined && next === undefined) return place
    node = next
    const spansLines = isCollection(node) && node.flow !== true
    const isNamed = isName && depth === path.length - 1
    place =
      (pair && (isNamed || spansLines || node === null) ? startOf(pair.key) : (startOf(node) ?? startOf(pair?.key))) ?? place
  }
  return place
}

function target(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function findPair(document: Document, map: YAMLMap, name: string | number): Pair | undefined {
  const own = map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(name))
  return own ?? findMerged(document, map, name)
}

function findMerged(document: Document, map: YAMLMap, name: string | number): Pair | undefined {
  for (const pair of map.items) {
    if (!isPair(pair) || !isScalar(pair.key) || pair.key.value !== '<<') continue
    const merged = target(document, pair.value)
    for (const part of isSeq(merged) ? merged.items.map((item) => target(document, item)) : [merged]) {
      const found = isMap(part) ? findPair(document, part, name) : undefined
      if (found) return found
    }
  }
  return undefined
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0]
}
