import { connectBuyer } from './buyer.ts'
import { createCleanup, type Cleanup } from './cleanup.ts'
import { buyGuaranteed, buyNonGuaranteed, findProducts, killWorker, lookAround } from './day.ts'
import { watchDelivery } from './figures.ts'
import { readInventory } from './inventory.ts'
import { DemoError } from './processes.ts'
import { openDatabase, prepare, startDesk } from './stage.ts'
import { createTimeline, type Timeline } from './timeline.ts'

/** Where `npm start` opens it, unless HOST or PORT say otherwise. */
const CONSOLE = 'http://127.0.0.1:8787/console'

/**
 * Plays one buying day on a throw-away database with a server and workers as processes of their own, prints it as a timeline,
 * and takes everything down again, however it ends. @throws DemoError when something is not as it should be.
 */
export async function runDemo(): Promise<void> {
  const began = performance.now()
  const print = (line: string) => process.stdout.write(`${line}\n`)
  const timeline = createTimeline(print)
  const cleanup = createCleanup()
  const interrupted = onInterrupt()
  try {
    await Promise.race([play(timeline, cleanup), interrupted])
  } finally {
    await cleanup.run()
  }
  print(
    `\nOne buying day in ${((performance.now() - began) / 1000).toFixed(1)} s: four orders bought, four orders placed, none lost, none doubled.`,
  )
  print(`Next: npm start runs the desk for you, with a console for people at ${CONSOLE}.`)
  print('README.md says how to connect Claude Desktop.')
}

async function play(timeline: Timeline, cleanup: Cleanup) {
  timeline.heading('0  The desk opens')
  const postgres = await timeline.step(
    'desk',
    'starts PostgreSQL',
    () => openDatabase(cleanup),
    () => 'embedded, on a free port of this machine',
  )
  const { db, token } = await timeline.step(
    'desk',
    'migrates and seeds',
    () => prepare(postgres, cleanup),
    ({ saved }) => `${saved.products} products of ${saved.publishers} domains, ${saved.formats} formats`,
  )
  const desk = await timeline.step(
    'desk',
    'starts a server and a worker',
    () => startDesk(postgres.url, cleanup),
    ({ serve, worker }) => `${serve.ready}. ${worker.ready}.`,
  )
  const workers = [desk.worker]
  const buyer = await connectBuyer(/http\S+\/mcp/.exec(desk.serve.ready)?.[0] ?? '', token)
  cleanup.add(() => buyer.close())

  const { startWorker, approve, sync } = desk
  const day = { buyer, db, timeline, workers, startWorker, approve, sync }
  const buying = [lookAround, findProducts, buyNonGuaranteed, buyGuaranteed, killWorker]
  for (const act of [...buying, watchDelivery, readInventory]) await act(day)
}

/** Ctrl-C ends the demo like an error would: everything is taken down first. */
function onInterrupt(): Promise<never> {
  return new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new DemoError(`Stopped by ${signal}; everything is taken down.`)))
  })
}
