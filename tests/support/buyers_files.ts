import { crc32, deflateSync } from 'node:zlib'
import type { Download } from '../../src/adapters/adapter.ts'

/** Where nothing is fetched. */
export const noDownload: Download = () => Promise.reject(new Error('this test fetches nothing'))

/** The hosts of all buyers: a picture at every address, 300x250 unless the address says `728x90`. */
export const buyersPictures: Download = (url) => {
  const [, width = '300', height = '250'] = /(\d+)x(\d+)/.exec(url) ?? []
  return Promise.resolve({ type: 'file', bytes: aPng(Number(width), Number(height)) })
}

/** A grey picture of that size. */
export function aPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8 // bits; everything else is zero: grey, no interlacing
  const rows = deflateSync(Buffer.alloc((width + 1) * height))
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
