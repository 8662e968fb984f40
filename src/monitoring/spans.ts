import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, RandomIdGenerator } from '@opentelemetry/sdk-trace-base'
import type { SpanRecorder } from '../trace.ts'

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, client: SpanKind.CLIENT } as const

/**
 * Sends spans in batches to an OpenTelemetry collector, as OTLP over HTTP. Where to and how is read from the OTEL_* variables by
 * OpenTelemetry's own code. A collector that is away costs spans, never a call or a job.
 */
export function createSpans(): { recorder: SpanRecorder; close(): Promise<void> } {
  const own = resourceFromAttributes({ 'service.name': 'salesdesk' })
  let rootOf = ''
  const ids = new RandomIdGenerator()
  const provider = new BasicTracerProvider({
    // the first span of a trace belongs to the trace that the log names already
    idGenerator: { generateTraceId: () => rootOf, generateSpanId: () => ids.generateSpanId() },
    resource: own.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  const tracer = provider.getTracer('salesdesk')
  return {
    recorder: {
      start({ name, kind, attributes, trace_id, parent_id }) {
        rootOf = trace_id
        const parent = { traceId: trace_id, traceFlags: TraceFlags.SAMPLED, isRemote: true }
        const context =
          parent_id === undefined
            ? ROOT_CONTEXT
            : trace.setSpanContext(ROOT_CONTEXT, { ...parent, spanId: parent_id })
        const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, context)
        return {
          span_id: span.spanContext().spanId,
          end(said, error) {
            span.setAttributes(said)
            if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: error })
            span.end()
          },
        }
      },
    },
    close: () => provider.shutdown().catch(() => {}),
  }
}
