import { AdapterError, type ApprovedCreative } from '../../adapter.ts'

export type Asset = Readonly<Record<string, unknown>>
export interface Named {
  name: string
  asset: Asset
}

/** Every asset of a creative with the name it has there, those of a group one after the other. */
export function assetsOf({ assets }: ApprovedCreative): Named[] {
  return Object.entries(assets).flatMap(([name, one]) =>
    [one].flat().map((asset) => ({ name, asset: asset as Asset })),
  )
}

/** The first asset of one of these types, in the order of the types. */
export function firstOf(assets: readonly Named[], ...types: string[]): Asset | undefined {
  const found = types.map((type) => assets.find(({ asset }) => text(asset, 'asset_type') === type))
  return found.find((one) => one !== undefined)?.asset
}

/** A field of an asset that is text; '' where it is not there. */
export function text(asset: Asset, field: string): string {
  const value = asset[field]
  return typeof value === 'string' ? value : ''
}

/** A field of an asset that is a number. */
export function number(asset: Asset, field: string): number | undefined {
  const value = asset[field]
  return typeof value === 'number' ? value : undefined
}

/** A refusal that says which creative it is about, and why. */
export function unfit({ creative_id }: Pick<ApprovedCreative, 'creative_id'>, why: string): AdapterError {
  const message = `creative ${creative_id} cannot be shown by Google Ad Manager: ${why}.`
  return new AdapterError('permanent', 'unsupported_creative', message)
}
