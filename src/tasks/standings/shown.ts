import type { Db } from '../../db/database.ts'
import { standingAfter, uploadOf, type Effect } from '../fulfilment/standing.ts'

/** A creative an ad server shows for a media buy, with its id there. */
export interface Shown {
  media_buy_id: string
  creative_id: string
  external_id: string
}

/** What an ad server shows for these media buys, as far as finished steps brought it there. */
export async function readShown(
  db: Db,
  connection_id: string,
  media_buy_ids: readonly string[],
): Promise<Shown[]> {
  const steps = await db
    .selectFrom('fulfilment_steps as step')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'step.fulfilment_id')
    .select(['f.media_buy_id', 'step.effects', 'step.external_ids'])
    .where('f.connection_id', '=', connection_id)
    .where('f.media_buy_id', 'in', [...media_buy_ids])
    .where('step.state', '=', 'done')
    .orderBy('step.position')
    .execute()
  return media_buy_ids.flatMap((media_buy_id) =>
    shownAfter(
      steps
        .filter((step) => step.media_buy_id === media_buy_id)
        .map(({ effects, external_ids }) => ({
          effects: effects as unknown as readonly Effect[],
          external_ids: external_ids as Record<string, string>,
        })),
    ).map((shown) => ({ ...shown, media_buy_id })),
  )
}

interface Done {
  effects: readonly Effect[]
  external_ids: Readonly<Record<string, string>>
}

function shownAfter(steps: readonly Done[]): Omit<Shown, 'media_buy_id'>[] {
  const uploads = new Map(
    steps.flatMap(({ effects, external_ids: { creative } }) =>
      effects.flatMap((effect) =>
        effect.type === 'uploaded' && creative !== undefined ? [[uploadOf(effect.creative), creative]] : [],
      ),
    ) as [string, string][],
  )
  const { packages } = standingAfter(steps.flatMap(({ effects }) => effects))
  const live = [...packages.values()].filter(({ canceled }) => !canceled)
  const shown = new Map(live.flatMap(({ creatives }) => [...creatives]))
  return [...shown].flatMap(
    ([
      upload,
      {
        creative: { creative_id },
      },
    ]) => {
      const external_id = uploads.get(upload)
      return external_id === undefined ? [] : [{ creative_id, external_id }]
    },
  )
}
