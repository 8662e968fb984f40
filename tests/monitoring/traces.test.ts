import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { createSpans } from '../../src/monitoring/spans.ts'
import { continueTrace, traceOfLine, traceparent } from '../../src/trace.ts'
import { aPurchase, encryptionKey, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { fulfilmentsOf } from '../support/orders.ts'
import { startOtlpReceiver, type Span } from '../support/otlp_receiver.ts'
import { killAll, salesdesk, type Salesdesk } from '../support/processes.ts'
import { ask, rpcCall } from '../support/raw_http.ts'
import { startSalesdesk } from '../support/stdio_process.ts'
import { member } from '../support/visitor.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const desk = testDesk()
const collector = await startOtlpReceiver()
vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '50')
const spans = createSpans()
const watched = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' }, { spans: spans.recorder })
const buyers = webhookReceiver()
const undo: (() => Promise<void>)[] = []
afterEach(killAll)
afterAll(async () => {
  for (const step of [...undo, spans.close, collector.close]) await step()
  vi.unstubAllEnvs()
})

type Line = Record<string, unknown>
const linesOf = (one: Salesdesk): Line[] =>
  one
    .stderr()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)

describe('a buyer that traces its own calls', () => {
  const trace_id = '4bf92f3577b34da6a3ce929d0e0e4736'
  const itsSpan = '00f067aa0ba902b7'

  test('finds one id on the call, the job and the call to the ad server, in the log and as spans of one tree', async () => {
    const env = {
      DATABASE_URL: desk.databaseUrl,
      SALESDESK_ENCRYPTION_KEY: encryptionKey,
      PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
    }
    const serve = salesdesk(['serve'], env)
    const work = salesdesk(['work'], { ...env, OTEL_SERVICE_NAME: 'salesdesk-worker' })
    await work.said(/is ready/)
    const [, url = ''] = await serve.said(/answers at (\S+\/mcp)/)
    const headers = {
      authorization: `Bearer ${await desk.token()}`,
      'content-type': 'application/json',
      traceparent: `00-${trace_id}-${itsSpan}-00`,
    }
    const body = JSON.stringify(rpcCall('create_media_buy', aPurchase()))
    const answer = (await ask(url, { headers, body })).json().result?.structuredContent
    const id = String(answer?.['media_buy_id'])
    await eventually('the order to be placed', async () =>
      (await fulfilmentsOf(desk.db, id)).some(({ state }) => state === 'placed'),
    )

    const ours = (one: Salesdesk) => linesOf(one).filter((line) => line['trace_id'] === trace_id)
    // what a process has done is in the database before it is in its log
    await eventually('the line of the call', () =>
      ours(serve).some(({ msg, tool }) => msg === 'tool call' && tool === 'create_media_buy'),
    )
    await eventually('the last line of the job', () =>
      ours(work).some(({ msg }) => msg === 'order stands as it is wanted'),
    )
    expect(ours(work).filter(({ msg }) => msg === 'ad server call').length).toBeGreaterThan(1)
    const unnamed = linesOf(work).filter(
      (line) => line['job'] !== undefined && line['trace_id'] === undefined,
    )
    expect(unnamed).toEqual([])

    const mine = () => collector.spans.filter(({ traceId }) => traceId === trace_id)
    const called = await eventually('the spans', () => {
      const steps = mine().filter(({ name }) => name === 'simulated executeStep')
      const call = mine().find(({ name }) => name === 'tools/call create_media_buy')
      const job = mine().find(({ name }) => name === 'job fulfil_media_buy')
      return steps.length > 1 && call && job && { steps, call, job }
    })
    const { steps, call, job } = called as { steps: Span[]; call: Span; job: Span }
    expect(call).toMatchObject({ parentSpanId: itsSpan, kind: 2, service: 'salesdesk' })
    expect(job).toMatchObject({ parentSpanId: call.spanId, kind: 5, service: 'salesdesk-worker' })
    for (const step of steps) expect(step).toMatchObject({ parentSpanId: job.spanId, kind: 3 })
    // what nobody asked for, such as learning what ad servers can do, begins a trace of its own
    const roots = collector.spans.filter(({ parentSpanId }) => !parentSpanId)
    expect(roots.length).toBeGreaterThan(0)
    for (const root of roots) expect(root.traceId).not.toBe(trace_id)

    // and a refused call is a failed span
    await ask(url, { headers, body: JSON.stringify(rpcCall('create_media_buy', {})) })
    await eventually('the failed span', () =>
      mine().some(({ status }) => status.code === 2 && status.message === 'INVALID_REQUEST'),
    )
    for (const one of [serve, work]) one.kill('SIGTERM')
    expect(await Promise.all([serve.exited, work.exited])).toEqual([0, 0])
  })
})

describe('a person’s decision', () => {
  test('is where the trace of what follows begins: the job, the calls to the ad server and the webhook to the buyer', async () => {
    const kim = await member(watched, 'approver', 'Kim Approver')
    const packages = [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }]
    const purchase = aPurchase({ packages, push_notification_config: { url: `${buyers.url}/told` } })
    const { body } = await (await watched.buyer()).call('create_media_buy', purchase)
    const { workflow_step_id } = await watched.db
      .selectFrom('workflow_steps')
      .select('workflow_step_id')
      .where('task_id', '=', String(body['task_id']))
      .executeTakeFirstOrThrow()
    const approve = `/console/northwind/approvals/${workflow_step_id}/approve`
    expect(
      (await kim.post(approve, {}, { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` })).status,
    ).toBe(303)
    await watched.runJobs()
    expect(buyers.heard('/told').length).toBeGreaterThan(0)
    const named = (name: string) =>
      collector.spans.filter((span) => span.traceId === 'c'.repeat(32) && span.name === name)
    const names = [
      'POST /console',
      'job fulfil_media_buy',
      'simulated executeStep',
      'job deliver_webhook',
      'webhook',
    ]
    await eventually('the spans', () => names.every((name) => named(name).length > 0))
    const [decision, job, step, delivery, webhook] = names.map((name) => named(name)[0])
    expect(decision).toMatchObject({ parentSpanId: 'd'.repeat(16), kind: 2 })
    for (const begun of [job, delivery])
      expect(begun).toMatchObject({ parentSpanId: decision?.spanId, kind: 5 })
    expect(step).toMatchObject({ parentSpanId: job?.spanId, kind: 3 })
    expect(webhook).toMatchObject({ parentSpanId: delivery?.spanId, kind: 3 })
    // the buyer's server is not told the trace
    expect(buyers.heard('/told')[0]?.headers['traceparent']).toBeUndefined()
    const addresses = collector.spans.filter(({ name }) => /northwind|wf_/.test(name))
    expect(addresses).toEqual([])
  })
})

test('a buyer on stdin and stdout is traced, too', async () => {
  const env = {
    DATABASE_URL: desk.databaseUrl,
    SALESDESK_TOKEN: await desk.token(),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  }
  const running = startSalesdesk('stdio', env)
  const _meta = { traceparent: `00-${'e'.repeat(32)}-${'f'.repeat(16)}-00` }
  const call = {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'get_media_buys', arguments: {}, _meta },
  }
  running.process.stdin.end(`${JSON.stringify(call)}\n`)
  expect(await running.ended).toBe(0)
  // what it has not sent yet it sends before it ends
  const seen = collector.spans.filter(({ traceId }) => traceId === 'e'.repeat(32))
  expect(seen).toMatchObject([{ name: 'tools/call get_media_buys', parentSpanId: 'f'.repeat(16), kind: 2 }])
})

describe('a traceparent', () => {
  const hex = (length: number) =>
    fc
      .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
      .filter((text) => !/^0*$/.test(text))
  const seen = (given: unknown) =>
    continueTrace(given, undefined, () => ({ ...traceOfLine(), said: traceparent() }))
  const wellFormed = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

  test('as W3C writes it is gone on with', () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(2), (trace, span, flags) => {
        expect(seen(`00-${trace}-${span}-${flags}`)).toEqual({
          trace_id: trace,
          said: `00-${trace}-${span}-01`,
        })
      }),
    )
  })

  test('that is anything else is not: nothing of it reaches the log, and the work has a trace of its own', () => {
    const zeros = `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`
    const other = fc.oneof(fc.string(), fc.anything(), fc.constant(zeros), fc.constant(`01${zeros.slice(2)}`))
    fc.assert(
      fc.property(other, (given) => {
        const { trace_id, said } = seen(given)
        expect(said).toMatch(wellFormed)
        expect(said).toContain(trace_id)
      }),
    )
    expect(seen('none').trace_id).not.toBe(seen('none').trace_id)
  })

  test('within a call that is traced already leaves it in its trace, unless it names one', () => {
    continueTrace(undefined, undefined, () => {
      expect(seen(undefined).trace_id).toBe(traceOfLine().trace_id)
      expect(seen(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`).trace_id).toBe('a'.repeat(32))
    })
    expect(traceparent()).toBeUndefined()
  })
})
