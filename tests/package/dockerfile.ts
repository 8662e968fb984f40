import { readFileSync } from 'node:fs'

/** What the last stage of the Dockerfile makes, as far as one can read it without building it. */
export interface Image {
  env: Record<string, string>
  /** From this project into the image, relative to its folder. */
  copied: { from: string; to: string }[]
  /** From the build stage. */
  built: string[]
  user: string
  ports: number[]
  healthcheck: string[]
  entrypoint: string[]
  command: string[]
}

const root = new URL('../../', import.meta.url)

/** The instructions of each stage, lines joined that end with a backslash. */
export function readStages(): [instruction: string, rest: string][][] {
  const text = readFileSync(new URL('Dockerfile', root), 'utf8').replace(/\\\n\s*/g, '')
  const stages: [string, string][][] = []
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, instruction = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (instruction === 'FROM') stages.push([])
    stages.at(-1)?.push([instruction, rest])
  }
  return stages
}

export function readImage(): Image {
  const last = readStages().at(-1) ?? []
  const all = (wanted: string) =>
    last.filter(([instruction]) => instruction === wanted).map(([, rest]) => rest)
  const only = (wanted: string) => all(wanted)[0] ?? ''
  const list = (text: string) => JSON.parse(text) as string[]
  const copies = all('COPY').map((rest) => rest.split(/\s+/))
  return {
    env: Object.fromEntries(all('ENV').flatMap((rest) => [...rest.matchAll(/(\w+)=(\S+)/g)].map(pairOf))),
    copied: copies
      .filter(([first = '']) => !first.startsWith('--'))
      .map(([from = '', to = '']) => ({ from, to })),
    built: copies.flatMap(([first = '', from = '']) => (first.startsWith('--from') ? [from] : [])),
    user: only('USER'),
    ports: only('EXPOSE').split(' ').map(Number),
    healthcheck: list(only('HEALTHCHECK').replace(/^.*?CMD /, '')),
    entrypoint: list(only('ENTRYPOINT')),
    command: list(only('CMD')),
  }
}

const pairOf = ([, name = '', value = '']: RegExpMatchArray) => [name, value] as const
