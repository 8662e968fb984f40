import { beforeAll, expect, test } from 'vitest'
import { createSeal } from '../../src/seal.ts'
import { encryptionKey, aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const invoice_recipient = {
  legal_name: 'Pinnacle Media GmbH',
  vat_id: 'DE123456789',
  address: { street: 'Friedrichstr. 100', city: 'Berlin', postal_code: '10117', country: 'DE' },
}
const bank = { account_holder: 'Pinnacle Media GmbH', iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' }
const account = { account_id: 'acc_acme_pinnacle' }
const buy = (overrides: Args) => buyer.call('create_media_buy', aPurchase(overrides, desk.now))

test('a company the account allows is invoiced, and told back without its bank', async () => {
  const { body } = await buy({ account, invoice_recipient: { ...invoice_recipient, bank } })
  expect(body['invoice_recipient']).toEqual(invoice_recipient)
  const { body: listed } = await buyer.call('get_media_buys', { media_buy_ids: [body['media_buy_id']] })
  expect((listed['media_buys'] as Args[])[0]).toMatchObject({ invoice_recipient })
  expect(JSON.stringify([body, listed])).not.toContain(bank.iban)
})

test('its bank is kept under seal and nowhere else', async () => {
  const { body } = await buy({ account, invoice_recipient: { ...invoice_recipient, bank } })
  const row = await desk.db
    .selectFrom('media_buys')
    .selectAll()
    .where('media_buy_id', '=', String(body['media_buy_id']))
    .executeTakeFirstOrThrow()
  const { invoice_bank_sealed: sealed, ...rest } = row
  expect(JSON.stringify(rest)).not.toContain(bank.iban)
  const about = `invoice_bank:${row.media_buy_id}`
  expect(JSON.parse(createSeal(encryptionKey).open(sealed ?? Buffer.of(), about))).toEqual(bank)
})

test('a company the account does not allow is refused', async () => {
  const { body } = await buy({ account, invoice_recipient: { legal_name: 'Somebody Else Ltd' } })
  expect(body.adcp_error).toMatchObject({ code: 'BILLING_NOT_SUPPORTED', field: 'invoice_recipient' })
})

test('where the account says nothing, a person at the publisher decides', async () => {
  const { body } = await buy({ invoice_recipient })
  expect(body).toMatchObject({ status: 'submitted' })
})

test('an IBAN that is none is refused with its field', async () => {
  const { body } = await buy({
    account,
    invoice_recipient: { ...invoice_recipient, bank: { account_holder: 'x', iban: 'nonsense' } },
  })
  expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'invoice_recipient.bank.iban' })
})

test("the buyer's own numbers come back with its buys", async () => {
  const { body } = await buy({
    po_number: 'PO-1',
    agency_estimate_number: 'EST-1',
    advertiser_industry: 'retail',
    package: { agency_estimate_number: 'EST-2' },
  })
  const { body: listed } = await buyer.call('get_media_buys', { media_buy_ids: [body['media_buy_id']] })
  expect((listed['media_buys'] as Args[])[0]).toMatchObject({
    packages: [{ agency_estimate_number: 'EST-2' }],
    ext: {
      salesdesk: { po_number: 'PO-1', agency_estimate_number: 'EST-1', advertiser_industry: 'retail' },
    },
  })
})
