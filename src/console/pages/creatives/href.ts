/** The address of a creative's page; its id is only unique among those of its buyer. */
export const hrefOf = (
  base: string,
  { principal_id, creative_id }: { principal_id: string; creative_id: string },
) => `${base}/creatives/${encodeURIComponent(creative_id)}?principal_id=${encodeURIComponent(principal_id)}`
