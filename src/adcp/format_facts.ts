interface Render {
  dimensions?: { responsive?: { width: boolean; height: boolean } | undefined } | undefined
}
interface Asset {
  asset_type: string
}

/** Whether any render of a format adapts its size to where it is shown. */
export function isResponsive({ renders = [] }: { renders?: readonly Render[] | undefined }): boolean {
  return renders.some(({ dimensions: { responsive } = {} }) => responsive?.width || responsive?.height)
}

/** The types of a format's assets, each once. */
export function assetTypesOf(format: {
  assets: readonly (Asset | { assets: readonly Asset[] })[]
}): string[] {
  const types = format.assets.flatMap((asset) =>
    'assets' in asset ? asset.assets.map(({ asset_type }) => asset_type) : asset.asset_type,
  )
  return [...new Set(types)]
}
