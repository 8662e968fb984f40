/** What Prometheus reads, by series as it is written: `name{label="value"}`. */
export type Scraped = Map<string, number>

/** Reads Prometheus' text format. Throws at a line that is none. */
export function parseMetrics(text: string): Scraped {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const [, series = '', value = ''] = /^([a-z_0-9]+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? []
      if (series === '') throw new Error(`This is no metric: ${line}`)
      return [series, Number(value)] as const
    }),
  )
}

/** What a process tells Prometheus. */
export async function scrape(url: string): Promise<Scraped> {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
  return parseMetrics(await answer.text())
}
