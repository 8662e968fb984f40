/** An answer as text for a snapshot: what differs from run to run (random ids, cursors, this machine's clock) is numbered or named. */
export function stableAnswer(answer: unknown): string {
  const seen = new Map<string, string>()
  const numbered = (prefix: string) => (id: string) => {
    const name = seen.get(id) ?? `${prefix}_${seen.size + 1}`
    seen.set(id, name)
    return name
  }
  return `${JSON.stringify(answer, null, 2)
    .replaceAll(
      /(?:(?<=\\n)|\b)(mb|pkg|wf|task|acc|upd|io)_[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/g,
      (id, prefix: string) => numbered(prefix)(id),
    )
    .replaceAll(/(?<="cursor": ")[^"]+/g, 'a cursor')
    .replaceAll(/https?:\/\/(127\.0\.0\.1|localhost):\d+/g, 'http://this.desk')
    .replaceAll(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, (time) => (isNow(time) ? 'now' : time))}\n`
}

/** Of this machine's clock, not of the injected one. */
const isNow = (time: string) => Math.abs(Date.parse(time) - Date.now()) < 3_600_000
