/** Pieces of SQL. Texts of callers are bound, never written into a statement; numbers are written so that nothing is rounded. */

/** The texts that a statement is given; `text` yields the place that stands for one. */
export class Bindings {
  readonly values: string[] = []

  text(value: string): string {
    return `$${this.values.push(value)}`
  }

  /** `expression` is one of the texts. */
  anyOf(expression: string, texts: readonly string[]): string {
    return texts.length === 0 ? 'false' : `${expression} in (${texts.map((text) => this.text(text)).join(', ')})`
  }
}

/** As text, which DuckDB reads as the very number; a plain literal would be a decimal. */
export function doubleSql(number: number): string {
  return `'${String(number)}'::double`
}

/** Of a whole number. */
export function integerSql(number: number | bigint): string {
  return `${BigInt(number)}::bigint`
}

/** For texts of this program. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : `(${conditions.join(' and ')})`
}

export function anyOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})`
}
