/** What a worker read of an ad server's network, as adapter_configs.network keeps it. */
export interface NetworkFacts {
  network_id: string
  name: string
  /** The main one first. */
  currencies: readonly string[]
  /** IANA name. */
  time_zone: string
  /** A network that serves nothing real. */
  test: boolean
  limits: { reports_per_hour: number | null; line_items_per_order: number | null }
}
