import {
  AdapterError,
  type ApprovedBuy,
  type Change,
  type PackageField,
  type PlannedStep,
} from '../adapter.ts'
import type { Settings } from './config.ts'
import { creativeOf } from './creative.ts'
import { lineItemBody, type LineItemBody } from './plan.ts'
import { decidedBy } from './whole_line_item.ts'

export interface UpdateBody extends LineItemBody {
  /** The fields of Google's that change. */
  fields: string[]
}

/** The body of the step that makes one change. Pure. @throws AdapterError('permanent') for what Google cannot do */
export function planChange(change: Change, buy: ApprovedBuy, settings: Settings): PlannedStep['body'] {
  switch (change.kind) {
    case 'update_line_item': {
      const pkg = buy.packages.find(({ package_id }) => package_id === change.package_id)
      if (!pkg)
        throw new AdapterError('permanent', 'package_missing', `There is no package ${change.package_id}`)
      const body = lineItemBody({ ...pkg, ...change.fields }, buy, settings)
      const names = Object.keys(change.fields).flatMap((name) => decidedBy[name as PackageField])
      // only what is sold by the day costs something else on other dates
      const dated = body.flat_micros === null && !touchesMoney(change.fields)
      const fields = [...new Set<string>(names)].filter((name) => !(dated && name === 'costPerUnit'))
      return { ...body, fields: fields.sort() } satisfies UpdateBody
    }
    case 'upload_creative':
      return {
        creative_id: change.creative.creative_id,
        name: change.creative.name,
        creative: creativeOf(change.creative, buy),
      }
    case 'attach_creative':
    case 'detach_creative': {
      const { creative_id, version } = change.creative
      return { creative: { creative_id, version } }
    }
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
      return {}
  }
}

const touchesMoney = (fields: object) => ['budget', 'impressions', 'bid_price'].some((name) => name in fields)
