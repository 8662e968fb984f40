import type { Args, TestBuyer, ToolAnswer } from './desk.ts'

/** Every page of what a tool lists, from the first to the last. */
export async function everyPage(buyer: TestBuyer, tool: string, args: Args = {}): Promise<ToolAnswer[]> {
  const pages: ToolAnswer[] = []
  for (let cursor: string | undefined; ;) {
    const page = await buyer.call(tool, {
      ...args,
      ...(cursor && { pagination: { ...(args['pagination'] as Args | undefined), cursor } }),
    })
    pages.push(page)
    cursor = (page.body['pagination'] as { cursor?: string } | undefined)?.cursor
    if (cursor === undefined) return pages
  }
}

/** Everything a tool lists under `key`, however many pages that takes. */
export async function everyItem<Item = Args>(
  buyer: TestBuyer,
  tool: string,
  key: string,
  args: Args = {},
): Promise<Item[]> {
  const pages = await everyPage(buyer, tool, { ...args, pagination: { max_results: 100 } })
  return pages.flatMap(({ body }) => body[key] as Item[])
}
