/** A member of an answer, when it is there and a text. */
export function textAt(answer: unknown, name: string): string | undefined {
  const value = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}
