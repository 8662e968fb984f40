import { z } from 'zod'

const Count = z.int().min(1)
const Counts = z.array(Count)
const Length = z.number().positive()
const Flag = z.boolean()
const Texts = z.array(z.string())
const oneOf = <const W extends string>(words: readonly W[]) => z.enum(words)
const some = <const W extends string>(words: readonly W[]) => z.array(z.enum(words))
const hosts = z.array(
  z
    .string()
    .regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i),
)
const ratio = (pattern: RegExp) => z.string().regex(pattern)

/** What may be given or left out; other words are not kept. */
const words = <const S extends z.core.$ZodLooseShape>(shape: S) => z.object(shape).partial()
const size = (length: z.ZodNumber) => ({
  min_width: length,
  max_width: length,
  min_height: length,
  max_height: length,
})
const edge = z.number().min(0)

const image = words({
  ...size(Length),
  unit: oneOf(['px', 'dp', 'inches', 'cm', 'mm', 'pt']),
  aspect_ratio: ratio(/^\d+(\.\d+)?:\d+(\.\d+)?$/),
  formats: some(['jpg', 'jpeg', 'png', 'gif', 'webp', 'svg', 'avif', 'tiff', 'pdf', 'eps']),
  min_dpi: Count,
  bleed: z.union([
    z.strictObject({ uniform: edge }),
    z.strictObject({ top: edge, right: edge, bottom: edge, left: edge }),
  ]),
  color_space: oneOf(['rgb', 'cmyk', 'grayscale']),
  max_file_size_kb: Count,
  transparency_required: Flag,
  animation_allowed: Flag,
  max_animation_duration_ms: z.int().min(0),
  max_weight_grams: Count,
}).refine(({ min_dpi, unit }) => min_dpi === undefined || unit !== undefined, 'min_dpi needs a unit')

const video = words({
  ...size(Count),
  aspect_ratio: ratio(/^\d+:\d+$/),
  min_duration_ms: Count,
  max_duration_ms: Count,
  containers: some(['mp4', 'webm', 'mov', 'avi', 'mkv']),
  codecs: some(['h264', 'h265', 'vp8', 'vp9', 'av1', 'prores']),
  max_file_size_kb: Count,
  min_bitrate_kbps: Count,
  max_bitrate_kbps: Count,
  frame_rates: z.array(z.number().min(1)),
  audio_required: Flag,
  frame_rate_type: oneOf(['constant', 'variable']),
  scan_type: oneOf(['progressive', 'interlaced']),
  gop_type: oneOf(['closed', 'open']),
  min_gop_interval_seconds: edge,
  max_gop_interval_seconds: edge,
  moov_atom_position: oneOf(['start', 'end']),
  audio_codecs: some(['aac', 'pcm', 'ac3', 'eac3', 'mp3', 'opus', 'vorbis', 'flac']),
  audio_sample_rates: Counts,
  audio_channels: some(['mono', 'stereo', '5.1', '7.1']),
  loudness_lufs: z.number(),
  loudness_tolerance_db: edge,
  true_peak_dbfs: z.number(),
})

const audio = words({
  min_duration_ms: Count,
  max_duration_ms: Count,
  formats: some(['mp3', 'aac', 'wav', 'ogg', 'flac']),
  max_file_size_kb: Count,
  sample_rates: Counts,
  channels: some(['mono', 'stereo']),
  min_bitrate_kbps: Count,
  max_bitrate_kbps: Count,
})

const text = words({
  min_length: z.int().min(0),
  max_length: Count,
  min_lines: Count,
  max_lines: Count,
  character_pattern: z.string(),
  prohibited_terms: Texts,
  allowed_values: Texts.min(1).refine((all) => new Set(all).size === all.length, 'names a value twice'),
})

const code = { max_file_size_kb: Count, external_resources_allowed: Flag, allowed_external_domains: hosts }
const role = [
  'clickthrough',
  'landing_page',
  'impression_tracker',
  'click_tracker',
  'viewability_tracker',
  'third_party_tracker',
] as const

/** What AdCP's requirements of each type of asset may say (core/requirements/*-asset-requirements.json, 3.0 and 3.1). */
export const requirements = {
  image,
  video,
  audio,
  text,
  markdown: words({ max_length: Count }),
  html: words({ ...code, sandbox: oneOf(['none', 'iframe', 'safeframe', 'fencedframe']) }),
  css: words({ max_file_size_kb: Count }),
  javascript: words({
    ...code,
    module_type: oneOf(['script', 'module', 'iife']),
    strict_mode_required: Flag,
  }),
  vast: words({ vast_version: oneOf(['2.0', '3.0', '4.0', '4.1', '4.2']) }),
  daast: words({ daast_version: oneOf(['1.0']) }),
  url: words({
    role: oneOf(role),
    protocols: some(['https', 'http']),
    allowed_domains: hosts,
    max_length: Count,
    macro_support: Flag,
  }),
  webhook: words({ methods: some(['GET', 'POST']) }),
  brief: words({}),
  catalog: words({}),
} as const
