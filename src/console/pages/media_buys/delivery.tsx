import { count, exact, money, share } from '../../parts/figures.tsx'
import { Table } from '../../parts/table.tsx'
import type { Delivered, Pace } from './read_delivery.ts'
import type { BoughtPackage } from './read_packages.ts'

interface DeliveryProps {
  all: Delivered | undefined
  packages: readonly BoughtPackage[]
  paces: ReadonlyMap<string, Pace>
  currency: string
}

/** What was delivered so far, by package and in all. */
export function Delivery({ all, packages, paces, currency }: DeliveryProps) {
  const rows = packages.flatMap((item) => {
    const pace = paces.get(item.package_id)
    return pace ? [{ item, pace }] : []
  })
  return (
    <>
      {all && (
        <p>
          {count(all.impressions)} impressions{all.clicks !== null && `, ${count(all.clicks)} clicks`},{' '}
          {money(all.spend, currency)} spent. <span class="faint">Counted up to {exact(all.as_of)} UTC.</span>
        </p>
      )}
      <Table
        label="Delivery by package"
        rows={rows}
        empty="Nothing is counted yet. Figures come once it runs and the ad server has reported."
        columns={[
          { label: 'Package', cell: ({ item }) => item.product },
          { label: 'Impressions', number: true, cell: ({ pace }) => count(pace.impressions) },
          {
            label: 'Clicks',
            number: true,
            cell: ({ pace }) => (pace.clicks === null ? '–' : count(pace.clicks)),
          },
          { label: 'Spent', number: true, cell: ({ pace }) => money(pace.spend, currency) },
          {
            label: 'Of the goal',
            number: true,
            cell: ({ pace }) => share(pace.measure === 'budget' ? pace.spend : pace.impressions, pace.goal),
          },
          {
            label: 'Pace',
            number: true,
            cell: ({ pace }) => (pace.index === undefined ? '–' : share(pace.index, 1)),
          },
          { label: 'Counted up to', cell: ({ pace }) => exact(pace.as_of) },
        ]}
      />
    </>
  )
}
