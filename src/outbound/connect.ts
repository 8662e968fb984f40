import { isIP, type LookupFunction } from 'node:net'

/** In place of DNS: the addresses that were checked, whatever the name says by now. */
export function onlyThese(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, found) => {
    const [first] = all
    if (options.all === true || !first) found(null, all)
    else found(null, first.address, first.family)
  }
}

/** DNS cannot be called off; it is just not waited for any longer. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((done, fail) => {
    const onAbort = () => fail(new DOMException('not waited for any longer', 'AbortError'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(done, fail).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
