import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AgentFormat } from '../../src/creative_agents/format_schema.ts'
import { complaints, hasRelease, type Release } from '../support/adcp_schemas.ts'

const releases = (['3.0', '3.1'] satisfies Release[]).filter(hasRelease)

/** Mostly right, sometimes not, in the ways an agent gets things wrong. */
const oneOf = (right: readonly unknown[], wrong: readonly unknown[]) =>
  fc.oneof(
    { weight: 80, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  )
const count = oneOf([1, 2, 300, 728], [0, -1, 1.5, '300', null])
const length = oneOf([1, 300, 8.5], [0, -300, '300'])
const flag = oneOf([true, false], ['yes', null])
const maybe = (shape: Record<string, fc.Arbitrary<unknown>>) => fc.record(shape, { requiredKeys: [] })
const sides = { min_width: length, max_width: length, min_height: length, max_height: length }

const requirements: Record<string, fc.Arbitrary<unknown>> = {
  image: maybe({
    ...sides,
    aspect_ratio: oneOf(['16:9', '1.91:1'], ['wide', '16/9']),
    formats: fc.array(oneOf(['png', 'jpg', 'webp'], ['psd']), { maxLength: 3 }),
    color_space: oneOf(['rgb', 'cmyk'], ['pink']),
    max_file_size_kb: count,
    animation_allowed: flag,
  }),
  video: maybe({
    min_duration_ms: count,
    max_duration_ms: count,
    containers: fc.array(oneOf(['mp4', 'webm'], ['avi2']), { maxLength: 2 }),
    max_bitrate_kbps: count,
  }),
  text: maybe({ min_length: count, max_length: count, character_pattern: oneOf(['^[a-z]+$'], [7]) }),
  html: maybe({ max_file_size_kb: count, sandbox: oneOf(['iframe', 'none'], ['box']) }),
  url: maybe({ role: oneOf(['clickthrough', 'impression_tracker'], ['nowhere']), max_length: count }),
}
const asset = fc.constantFrom(...Object.keys(requirements)).chain((asset_type) =>
  fc.record(
    {
      asset_id: oneOf(['picture', 'headline', 'a-1'], [7]),
      asset_type: oneOf([asset_type], ['smell']),
      asset_role: oneOf(['hero_image', 'logo'], [7]),
      required: flag,
      requirements: requirements[asset_type] ?? fc.constant({}),
    },
    { requiredKeys: ['asset_id', 'asset_type', 'required'] },
  ),
)
const item = fc.oneof(
  asset.map((one) => ({ item_type: 'individual', ...one })),
  fc.record(
    {
      item_type: fc.constant('repeatable_group'),
      asset_group_id: oneOf(['cards'], [7]),
      required: flag,
      min_count: oneOf([0, 1, 3], [-1, 'one']),
      max_count: oneOf([1, 10], [0, 2.5]),
      selection_mode: oneOf(['sequential', 'optimize'], ['random']),
      assets: fc.array(asset, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: ['item_type', 'asset_group_id', 'min_count', 'max_count', 'assets', 'required'] },
  ),
)
const dimensions = maybe({
  width: length,
  height: length,
  ...sides,
  unit: oneOf(['px', 'inches'], ['ell']),
  aspect_ratio: oneOf(['16:9'], ['wide']),
  responsive: fc.record({ width: flag, height: flag }),
})
const role = oneOf(['primary', 'companion'], [7])
const render = fc.oneof(
  { weight: 20, arbitrary: fc.record({ role, dimensions }) },
  { weight: 20, arbitrary: fc.record({ role, parameters_from_format_id: oneOf([true], [false]) }) },
  { weight: 1, arbitrary: maybe({ role, dimensions, parameters_from_format_id: fc.constant(true) }) },
)
const format = fc.record(
  {
    format_id: fc.record(
      {
        agent_url: oneOf(['https://studio.example/adcp'], ['studio', 7]),
        id: oneOf(['wide', 'a_1'], ['two words', '']),
      },
      { requiredKeys: ['agent_url', 'id'] },
    ),
    name: oneOf(['Wide'], [7]),
    description: oneOf(['A wide one', ''], [7]),
    example_url: oneOf(['https://studio.example/wide'], ['here']),
    accepts_parameters: fc.array(oneOf(['dimensions', 'duration'], ['mood']), { maxLength: 2 }),
    renders: fc.array(render, { minLength: 1, maxLength: 2 }),
    assets: fc.array(item, { minLength: 1, maxLength: 3 }),
    supported_macros: fc.array(oneOf(['MEDIA_BUY_ID'], [7]), { maxLength: 2 }),
    accessibility: fc.record({ wcag_level: oneOf(['A', 'AA'], ['B']), requires_accessible_assets: flag }),
    supported_disclosure_positions: fc.array(oneOf(['footer', 'overlay'], ['back']), {
      minLength: 1,
      maxLength: 2,
    }),
    disclosure_capabilities: fc.array(
      fc.record({
        position: oneOf(['footer'], ['back']),
        persistence: fc.array(oneOf(['continuous', 'initial'], ['never']), { minLength: 1, maxLength: 2 }),
      }),
      { minLength: 1, maxLength: 1 },
    ),
    reported_metrics: fc.array(oneOf(['impressions', 'clicks'], ['joy']), { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['format_id', 'name', 'assets'] },
)

test('whatever a creative agent tells, what is taken of it and shown to buyers is a format by the official schema', () => {
  const taken = { yes: 0, no: 0 }
  fc.assert(
    fc.property(format, (told) => {
      const { data, success } = AgentFormat.safeParse(told)
      taken[success ? 'yes' : 'no']++
      if (!success) return
      const { supported_macros: _macros, ...without } = data
      // buyers of 3.0 are told no macros: its schema takes none of AdCP's own
      const shown = { '2.5': {}, '3.0': without, '3.1': data }
      for (const release of releases)
        expect(complaints(release, 'core/format', JSON.parse(JSON.stringify(shown[release])))).toEqual([])
    }),
    { numRuns: 1500 },
  )
  expect(Math.min(taken.yes, taken.no)).toBeGreaterThan(30)
})

test('what the official schema has nothing against is taken, apart from what buyers could not do with', () => {
  const ours = /names one twice|two assets of one name|names one size|names one length|control characters/
  let valid = 0
  fc.assert(
    fc.property(format, (told) => {
      const plain = JSON.parse(JSON.stringify(told)) as unknown
      if (releases.some((release) => complaints(release, 'core/format', plain).length > 0)) return
      valid++
      const { error } = AgentFormat.safeParse(plain)
      expect((error?.issues ?? []).filter(({ message }) => !ours.test(message))).toEqual([])
    }),
    { numRuns: 1500 },
  )
  expect(valid).toBeGreaterThan(30)
})
