import { guardedFetch } from '../../src/outbound/guarded_fetch.ts'

/** How ad servers are reached that stand on this machine, as a desk with AD_SERVER_PRIVATE_HOSTS=127.0.0.1 reaches them. */
export const onThisMachine = guardedFetch(['127.0.0.1'])
