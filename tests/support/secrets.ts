import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'

/** Where something was found, never what. */
export interface Leak {
  secret: string
  place: string
}
/** A part of a secret this long gives it away, also where an error message was cut short. */
const TELLTALE = 20

/** Which of these secrets, whole or in part and however written, stand in which of these texts; both by name. */
export function leaksIn(texts: Record<string, string>, secrets: Record<string, string>): Leak[] {
  const traces = Object.entries(secrets).map(([secret, value]) => ({ secret, traces: tracesOf(value) }))
  return Object.entries(texts).flatMap(([place, text]) =>
    traces
      .filter(({ traces }) => traces.some((one) => text.includes(one)))
      .map(({ secret }) => ({ secret, place })),
  )
}

function tracesOf(value: string): string[] {
  if (value.length < 8) throw new Error('This is too short to be told from anything else.')
  const parts = value.split(/\n|\\n/).flatMap((line) => {
    const starts = Array.from({ length: Math.floor(line.length / TELLTALE) }, (_, i) => i * TELLTALE)
    return line.length < 2 * TELLTALE ? [line] : starts.map((start) => line.slice(start, start + TELLTALE))
  })
  const telling = parts.filter((part) => part.length >= 8 && !part.includes('-----'))
  return [...new Set(telling.flatMap(spellings))]
}

/** As it is, as a URL has it, and as bytes are shown in hex and base64. */
function spellings(part: string): string[] {
  const bytes = Buffer.from(part)
  // the last characters of base64 depend on what follows
  const base64 = bytes.toString('base64').replace(/=+$/, '').slice(0, -1)
  return [part, encodeURIComponent(part), bytes.toString('hex'), base64]
}

/** From now on keeps a copy of every row of every table as it is written: what is gone later, a job above all, was there. */
export async function rememberRows(db: Db): Promise<void> {
  await sql`
    create schema remembered;
    create unlogged table remembered.rows (place text not null, row text not null);
    create function remembered.keep() returns trigger language plpgsql as $$
    begin
      insert into remembered.rows values (tg_table_schema || '.' || tg_table_name, new::text);
      return null;
    end $$;
    do $$
    declare t record;
    begin
      for t in select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'
        and table_schema not in ('pg_catalog', 'information_schema', 'remembered') loop
        execute format('insert into remembered.rows select %L, x::text from %I.%I x',
          t.table_schema || '.' || t.table_name, t.table_schema, t.table_name);
        execute format('create trigger remember after insert or update on %I.%I for each row execute function remembered.keep()',
          t.table_schema, t.table_name);
      end loop;
    end $$`.execute(db)
}

/** Everything any table ever held, by table. */
export async function rememberedRows(db: Db): Promise<Record<string, string>> {
  const { rows } = await sql<{ place: string; text: string }>`
    select place, string_agg(row, E'\n') as text from remembered.rows group by place`.execute(db)
  return Object.fromEntries(rows.map(({ place, text }) => [place, text]))
}
