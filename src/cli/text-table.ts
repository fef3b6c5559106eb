/** Rows as a table of plain text: a header, a rule, numbers to the right. Long cells are cut to keep lines readable. */
const CELL_WIDTH_MAX = 120

export function textTable(rows: readonly Record<string, unknown>[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => names.map((name) => cellText(row[name])))
  const widths = names.map((name, i) => Math.max(name.length, ...cells.map((cell) => cell[i]?.length ?? 0)))
  const isNumeric = names.map((name) => rows.every((row) => typeof row[name] === 'number' || typeof row[name] === 'bigint'))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => (isNumeric[i] ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(names), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(line)].join('\n')
}

function cellText(value: unknown): string {
  const text =
    value === null || value === undefined
      ? ''
      : typeof value === 'string'
        ? value
        : typeof value === 'object'
          ? JSON.stringify(value)
          : `${value as number}`
  return text.length > CELL_WIDTH_MAX ? `${text.slice(0, CELL_WIDTH_MAX - 1)}…` : text
}
