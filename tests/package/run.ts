import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPacked, sh } from './installed.ts'
import { tryImage } from './try_image.ts'

// What is published works where it is installed, and what the Dockerfile makes works as somebody who may write nothing.
const folder = await mkdtemp(join(tmpdir(), 'salesdesk-package-'))
try {
  const installed = await timed('npm pack and npm install in an empty folder', () =>
    installPacked(join(folder, 'installed')),
  )
  const day = await timed('salesdesk demo of the installed package', () =>
    sh(process.execPath, [join(installed, 'node_modules/salesdesk/dist/main.js'), 'demo'], installed),
  )
  if (!/four orders bought, four orders placed, none lost, none doubled/.test(day))
    throw new Error(`The demo did not end well:\n${day}`)
  await timed('the files of the image, read-only, as a user without rights', () =>
    tryImage(join(folder, 'image')),
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const done = await work()
  process.stdout.write(`${what}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`)
  return done
}
