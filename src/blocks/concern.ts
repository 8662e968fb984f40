import type { TroubledBuy } from '../queries/concerns.ts'
import type { Message } from './block.ts'
import { actions, escaped, header, lines, link, oneLine, table } from './words.ts'

const MOST_PACKAGES = 5

/** Tells that packages of a media buy do not deliver as they should; nothing is to be decided. */
export function concernMessage(buy: TroubledBuy, console: string | undefined): Message {
  const { media_buy_id, agent, brand_domain, packages } = buy
  const whose = `${oneLine(agent, 80)} for ${oneLine(brand_domain, 80)}`
  const more = packages.length - MOST_PACKAGES
  return {
    text: `A media buy does not deliver as it should: ${escaped(whose)}`,
    blocks: [
      header('A media buy does not deliver as it should'),
      ...table([['Media buy', `${media_buy_id}, ${whose}`]]),
      lines(...packages.slice(0, MOST_PACKAGES).map(matter), more > 0 ? `and ${more} more` : undefined),
      lines('Look at it on the ad server. This goes by itself when it is well again.'),
      ...(console === undefined
        ? []
        : [actions(link('Open in the console', `${console}/media_buys/${media_buy_id}`))]),
    ],
  }
}

/** What is the matter with one package. */
export const matter = ({ product, reason }: TroubledBuy['packages'][number]): string =>
  `${oneLine(product, 80)}: ${oneLine(reason, 300)}`
