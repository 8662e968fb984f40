import { z } from 'zod'
import { identifierTypes, propertyTypes } from '../../seed/adcp_words.ts'

const Domain = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/)
const Word = z.string().regex(/^[a-z0-9_]+$/)
const Words = z.array(Word).min(1)
const Instant = z.iso.datetime({ offset: true })

const Property = z.object({
  property_id: Word.optional(),
  property_type: z.enum(propertyTypes),
  name: z.string(),
  identifiers: z.array(z.object({ type: z.enum(identifierTypes), value: z.string() })).min(1),
  tags: z.array(Word).default([]),
  publisher_domain: z.string().optional(),
})

const oneDomain = { publisher_domain: Domain }
const domains = { publisher_domain: Domain.optional(), publisher_domains: z.array(Domain).min(1).optional() }
/** core/publisher-property-selector.json */
const Selector = z
  .discriminatedUnion('selection_type', [
    z.object({ selection_type: z.literal('all'), ...domains }),
    z.object({ selection_type: z.literal('by_id'), ...oneDomain, property_ids: Words }),
    z.object({ selection_type: z.literal('by_tag'), ...domains, property_tags: Words }),
  ])
  .refine(
    (one) =>
      (one.publisher_domain === undefined) !== (!('publisher_domains' in one) || !one.publisher_domains),
    { error: 'names either publisher_domain or publisher_domains' },
  )

const agent = {
  url: z.url(),
  authorized_for: z.string().min(1).max(500),
  effective_from: Instant.optional(),
  effective_until: Instant.optional(),
}
const Agent = z.discriminatedUnion('authorization_type', [
  z.object({ ...agent, authorization_type: z.literal('property_ids'), property_ids: Words }),
  z.object({ ...agent, authorization_type: z.literal('property_tags'), property_tags: Words }),
  z.object({
    ...agent,
    authorization_type: z.literal('inline_properties'),
    properties: z.array(Property).min(1),
  }),
  z.object({
    ...agent,
    authorization_type: z.literal('publisher_properties'),
    publisher_properties: z.array(Selector).min(1),
  }),
  z.object({ ...agent, authorization_type: z.literal('signal_ids'), signal_ids: z.array(z.string()).min(1) }),
  z.object({
    ...agent,
    authorization_type: z.literal('signal_tags'),
    signal_tags: z.array(z.string()).min(1),
  }),
])

/** The part of an inline adagents.json that says who may sell what. */
export const Declaration = z.object({
  properties: z.array(Property).min(1).optional(),
  revoked_publisher_domains: z.array(z.object({ publisher_domain: Domain, revoked_at: Instant })).optional(),
  authorized_agents: z.array(Agent),
})
export type Declaration = z.output<typeof Declaration>
export type DeclaredAgent = Declaration['authorized_agents'][number]
export type DeclaredProperty = z.output<typeof Property>

/** A file that only says where the real one is. */
export const Pointer = z.object({ authoritative_location: z.url({ protocol: /^https?$/ }) })

/** Parts that give a file without agents a meaning: one of them must hold something. */
const catalogue = ['formats', 'properties', 'placements', 'collections', 'signals'] as const

/** adagents.json of AdCP 3.0 and 3.1, inline form: a file that allows nobody anything must at least be a catalogue. */
export const Adagents = z
  .looseObject(Declaration.shape)
  .refine(
    (file) =>
      file.authorized_agents.length > 0 ||
      catalogue.some((part) => Array.isArray(file[part]) && file[part].length > 0),
    { path: ['authorized_agents'], error: 'is empty, and there is no catalogue either' },
  )
