import { sql, type RawBuilder } from 'kysely'

/** Where an ad server shows orders to people, with `{order}` for the id; null where that, or the advertiser it needs, is not known. */
export const pageOf = (connection: string, advertiser_id: RawBuilder<unknown>) => {
  const page = sql`${sql.ref(`${connection}.capabilities`)} ->> 'order_page'`
  return sql<
    string | null
  >`case when ${page} like '%{advertiser}%' then replace(${page}, '{advertiser}', ${advertiser_id}) else ${page} end`
}
