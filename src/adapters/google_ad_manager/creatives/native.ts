import type { ApprovedCreative } from '../../adapter.ts'
import type { Placeholder } from '../config.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { text, unfit, type Named } from './assets.ts'
import { fileAt } from './files.ts'
import type { Links } from './links.ts'

type Template = Extract<Placeholder, { creative_template_id: string }>

/** The variables of a native template, as the product says which asset fills which; of `files` Google gets a copy. */
export function nativeCreative(
  { creative_template_id, variables, files }: Template,
  creative: ApprovedCreative,
  assets: readonly Named[],
  links: Links,
): Sent {
  if (links.impressionTrackers.length + links.clickTrackers.length > 0)
    throw unfit(creative, 'a native template has trackers of its own, and calls no others')
  const values = Object.entries(variables).map(([uniqueName, assetName]): Sent => {
    const asset = assets.find(({ name }) => name === assetName)?.asset
    if (!asset) throw unfit(creative, `its template needs the asset ${assetName}`)
    const url = text(asset, 'url')
    if (files.includes(uniqueName))
      return {
        xsi_type: 'AssetCreativeTemplateVariableValue',
        uniqueName,
        asset: fileAt({ kind: 'image', url }),
      }
    return url
      ? { xsi_type: 'UrlCreativeTemplateVariableValue', uniqueName, value: url }
      : { xsi_type: 'StringCreativeTemplateVariableValue', uniqueName, value: text(asset, 'content') }
  })
  return {
    xsi_type: 'TemplateCreative',
    size: { width: 1, height: 1, isAspectRatio: false },
    creativeTemplateId: creative_template_id,
    destinationUrl: links.click ?? null,
    creativeTemplateVariableValues: values,
  }
}
