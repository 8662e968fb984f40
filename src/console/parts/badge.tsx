type Tone = 'good' | 'waiting' | 'bad' | 'plain'

const tones: Record<string, Tone> = {
  active: 'good',
  completed: 'plain',
  approved: 'good',
  pending_start: 'good',
  pending_creatives: 'waiting',
  pending_approval: 'waiting',
  requires_approval: 'waiting',
  input_required: 'waiting',
  pending_review: 'waiting',
  paused: 'waiting',
  rejected: 'bad',
  failed: 'bad',
  needs_human: 'bad',
  canceled: 'plain',
}

/** A status of AdCP or of ours, in its own word where people use it; the colour only repeats what the word says. */
export function Badge({ status, tone }: { status: string; tone?: Tone }) {
  const word = status === 'needs_human' ? 'needs a person' : status.replaceAll('_', ' ')
  return <span class={`badge ${tone ?? tones[status] ?? 'plain'}`}>{word}</span>
}
