/** Tells whoever waits what is being done and how far it is. */
export interface Progress {
  say(what: string): void
  count(what: string, done: number, of: number, last: string): void
}

/** On a terminal one line that changes; elsewhere a line now and then. */
export function openProgress(out: NodeJS.WriteStream): Progress {
  const began = Date.now()
  let toldAt = 0
  const stamp = () => `${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s`
  return {
    say: (what) => void out.write(`${stamp()}  ${what}\n`),
    count(what, done, of, last) {
      if (out.isTTY) {
        out.write(`\r\x1b[K${stamp()}  ${what}: ${done}/${of}  ${last}${done === of ? '\n' : ''}`)
      } else if (done === of || Date.now() - toldAt > 5000) {
        toldAt = Date.now()
        out.write(`${stamp()}  ${what}: ${done}/${of}\n`)
      }
    },
  }
}
