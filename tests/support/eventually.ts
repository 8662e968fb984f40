/** Waits until `holds` gives something truthy, and gives it back; looks again every few milliseconds, or as often as told. */
export async function eventually<T>(
  what: string,
  holds: () => T | Promise<T>,
  ms = 40_000,
  every = 10,
): Promise<NonNullable<T>> {
  const end = Date.now() + ms
  for (;;) {
    const found = await holds()
    if (found) return found
    if (Date.now() > end) throw new Error(`It never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}
