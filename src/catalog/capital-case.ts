/** `examples/segment/toggles` → `ExamplesSegmentToggles`: names as TypeScript writes those of types. */
export function capitalCase(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
  return /^\p{L}/u.test(joined) ? joined : `_${joined}`
}
