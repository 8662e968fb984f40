import type { Problem } from '../../adcp/error.ts'
import { judgeMeasurementTerms, judgeStandards, type RejectedTerm } from '../../adcp/judge_terms.ts'
import type { MeasurementTerms, PerformanceStandard } from '../../adcp/terms.ts'
import type { Offer } from './offer.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import { quoted } from '../../adcp/quoted.ts'

/** The terms one package is sold with; null where none were agreed. */
export interface AgreedTerms {
  measurement_terms: MeasurementTerms | null
  performance_standards: PerformanceStandard[] | null
}

/** What was proposed, as far as the publisher agrees to it, else what the product says. */
export function agreedTerms(request: PackageRequest, offer: Offer): AgreedTerms {
  const { terms, standards } = judge('', request, offer)
  return {
    measurement_terms: terms?.agreed ?? offer.measurement_terms,
    performance_standards: standards?.agreed ?? offer.performance_standards,
  }
}

/** A problem for each proposed term that asks more of the publisher than the product promises; says what it does promise. */
export function termsProblems(field: string, request: PackageRequest, offer: Offer): Problem[] {
  const { terms, standards } = judge(field, request, offer)
  return [...(terms?.rejected ?? []), ...(standards?.rejected ?? [])].map((term) => rejected(term, offer))
}

function judge(field: string, { measurement_terms, performance_standards }: PackageRequest, offer: Offer) {
  return {
    terms:
      measurement_terms &&
      judgeMeasurementTerms(measurement_terms, offer.measurement_terms ?? {}, `${field}.measurement_terms`),
    standards:
      performance_standards &&
      judgeStandards(
        performance_standards,
        offer.performance_standards ?? [],
        `${field}.performance_standards`,
      ),
  }
}

function rejected({ field, message, offered }: RejectedTerm, offer: Offer): Problem {
  const own = field.includes('.performance_standards') ? 'performance_standards' : 'measurement_terms'
  return {
    code: 'TERMS_REJECTED',
    message: `${quoted(offer.name)} is not sold on these terms: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    field,
    suggestion: `Propose what the product says (see details), something easier, or leave ${own} out.`,
    details: { offered, product: { [own]: offer[own] } },
  }
}
