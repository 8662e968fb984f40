import * as data from './network_data.ts'
import { openInventory, type Inventory } from './inventory.ts'
import type { Thing } from './objects.ts'
import type { ReportJob, ServedHour } from './reports.ts'

/** What the fake network remembers, and how it is minded. */
export interface Books {
  network: Thing
  companies: Thing[]
  inventory: Inventory
  orders: Thing[]
  lineItems: Thing[]
  creatives: Thing[]
  associations: Thing[]
  /** Impressions a day of ad units, as Google expects them; of others there are more than anybody sells. */
  traffic: Map<string, number>
  /** Ad units Google knows too little of to forecast. */
  unknown: Set<string>
  /** What was served, whoever booked it; a test adds to it and corrects it. */
  served: ServedHour[]
  reports: ReportJob[]
  minded: {
    /** How often a report is not ready yet. */
    reportPolls: number
    /** How many of the next reports fail. */
    reportsFail: number
    /** Where it says its reports lie. */
    reportsAt: string
    /** How often approving an order finds no forecast yet. */
    noForecast: number
    /** Whether our account was added to any network. */
    seesNetworks: boolean
    /** Whether our user may approve orders. */
    mayApprove: boolean
    /** Whether there is room for what is sold. */
    inventory: boolean
    mayCreateCompanies: boolean
    /** What its review finds wrong with every creative it gets. */
    policyLabels: string[]
  }
  /** How often each order has been told to come back later for want of a forecast. */
  forecastsAsked: Map<string, number>
  clock: () => Date
  nextId(): string
}

export function openBooks(clock: () => Date): Books {
  // beyond what a JavaScript number holds exactly, as some of Google's are
  let id = 9_007_199_254_740_993n
  return {
    network: { ...data.network },
    companies: data.companies.map((one) => ({ ...one })),
    inventory: openInventory(),
    orders: [],
    lineItems: [],
    creatives: [],
    associations: [],
    traffic: new Map(),
    unknown: new Set(),
    served: [],
    reports: [],
    minded: {
      reportPolls: 1,
      reportsFail: 0,
      reportsAt: '',
      noForecast: 0,
      seesNetworks: true,
      mayApprove: true,
      inventory: true,
      mayCreateCompanies: true,
      policyLabels: [],
    },
    forecastsAsked: new Map(),
    clock,
    nextId: () => String(id++),
  }
}
