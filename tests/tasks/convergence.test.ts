import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openConnection } from '../../src/connections.ts'
import { readConfig } from '../../src/config.ts'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { buyersPictures } from '../support/buyers_files.ts'
import { aBuyerOf } from '../support/convergence/buyer.ts'
import { someMoves, type Move } from '../support/convergence/moves.ts'
import { googleBooks } from '../support/convergence/on_google.ts'
import { simulatedBooks } from '../support/convergence/on_simulated.ts'
import { openScript } from '../support/convergence/script.ts'
import { play } from '../support/convergence/story.ts'
import { expectWanted, type Books } from '../support/convergence/wanted.ts'
import { testDesk, type TestBuyer } from '../support/desk.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { askedOfPeople, behave, buy, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const google = await startFakeGoogle()
const secrets = { SALESDESK_SECRET_GAM: google.serviceAccount }
const desk = testDesk(secrets)
const config = readConfig({ ...secrets, AD_SERVER_PRIVATE_HOSTS: '127.0.0.1' })
const product_id = 'trail_display_run_of_site'
const item = { product_id, pricing_option_id: 'cpm_eur_auction', budget: 4000, bid_price: 5 }
let buyer: TestBuyer

beforeAll(async () => {
  // ahead of the wall clock, so that only what a story lets become due is due
  desk.now = new Date(Date.now() + 86_400_000)
  buyer = await desk.buyer()
})
afterAll(() => google.close())

describe('whatever a buyer changes and whenever, and whatever befalls the calls and the worker', () => {
  test('the simulated ad server ends with the last word, each thing once', async () => {
    await behave(desk.db, {})
    await everyStory(simulatedBooks(desk.db), { weights: true }, 30)
  }, 90_000)

  test('Google ends with the last word, each thing once', async () => {
    await moveToGoogle()
    await everyStory(googleBooks(google), { weights: false }, 6)
  }, 90_000)
})

async function everyStory(books: Books, able: { weights: boolean }, numRuns: number): Promise<void> {
  const story = async (moves: Move[]) => {
    const id = await buy(buyer, { packages: [item, item] }, desk.now)
    const theirs = aBuyerOf(desk, buyer, id, item)
    await play(
      desk,
      id,
      (connectionId) => openConnection(desk.db, config, connectionId, buyersPictures),
      openScript(moves, theirs),
    )
    await expectAtRest(id)
    await expectWanted(desk.db, books, id)
  }
  await fc.assert(fc.asyncProperty(someMoves(able), story), {
    ...{ numRuns, examples: knownStories },
    // a story that ends wrong is told while there is time, however far it has been made shorter
    interruptAfterTimeLimit: 60_000,
  })
}

const wrong = 'the connection is wrong until a person puts it right'
const fewer = { the_buyer_asks: [{ package: 0, canceled: true as const }] }
/** Those that once ended wrong. */
const knownStories: [Move[]][] = [
  [['the call is refused']],
  [['the call is answered', wrong, fewer, wrong]],
  [['the call is answered', 'the call loses its answer', fewer, wrong]],
]

/** Fails unless nothing is left to be done, by anybody. */
async function expectAtRest(id: string): Promise<void> {
  const [fulfilment] = await fulfilmentsOf(desk.db, id)
  expect(['placed', 'canceled', 'refused']).toContain(fulfilment?.state)
  if (fulfilment?.state !== 'refused') expect(fulfilment?.applied_revision).toBe(fulfilment?.desired_revision)
  const steps = await stepsOf(desk.db, id)
  for (const step of steps) {
    expect(['done', 'dropped', 'failed']).toContain(step.state)
    expect(step.next_at).toBeNull()
  }
  expect((await askedOfPeople(desk.db, id)).filter(({ status }) => status === 'pending')).toEqual([])
}

/** From here on the product lives on Google. */
async function moveToGoogle(): Promise<void> {
  google.books.minded.noForecast = 1
  const row = {
    connection_id: 'gam',
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: 'SALESDESK_SECRET_GAM',
    settings: jsonb({ ...google.settings, create_advertisers: true }),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(onHomepage) })
    .where('product_id', '=', product_id)
    .execute()
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'gam' }))
  await desk.runJobs(new Date())
}
