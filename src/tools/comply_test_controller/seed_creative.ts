import { z } from 'zod'
import { formatId } from '../../adcp/request_schemas.ts'
import { ownId } from '../../adcp/own_ids.ts'
import { resolveAccount } from '../../commands/resolve_account.ts'
import { jsonb } from '../../db/database.ts'
import { requireFormat } from './formats.ts'
import { ControllerError, invalidParams, type Sandbox } from './scenario.ts'
import { seed } from './seed.ts'

const creativeParams = z.looseObject({
  creative_id: z.string().min(1).max(255),
  fixture: z
    .looseObject({
      name: z.string().min(1).max(255).optional(),
      status: z
        .enum(['processing', 'pending_review', 'approved', 'rejected', 'archived'])
        .default('approved'),
      format_id: z.union([z.string().min(1), formatId]).optional(),
      assets: z.looseObject({}).optional(),
    })
    .prefault({}),
})

/** A creative in the buyer's library that stands where the fixture says. */
export const seedCreative = seed({
  kind: 'creative',
  params: creativeParams,
  idOf: ({ creative_id }) => creative_id,
  async insert(trx, { creative_id, fixture }, { principal, account, now }) {
    const { tenant_id, principal_id } = principal
    const { agent_url, format_id } = await requireFormat(trx, principal, fixture.format_id)
    const { account_id } = await resolveAccount(trx, principal, account ?? anAccount)
    const inserted = await trx
      .insertInto('creatives')
      .values({
        tenant_id,
        principal_id,
        creative_id,
        account_id,
        name: fixture.name ?? creative_id,
        agent_url,
        format_id,
        assets: jsonb(fixture.assets ?? {}),
        status: fixture.status,
        created_at: now,
        updated_at: now,
      })
      .onConflict((oc) => oc.doNothing())
      .returning('creative_id')
      .executeTakeFirst()
    if (!inserted)
      throw new ControllerError('INVALID_STATE', 'There is a creative of this id in the library already.')
  },
})

/** For what is seeded without saying for whom. */
export const anAccount = { brand: { domain: 'sandbox.example' }, operator: 'sandbox.example' }

const formatParams = z.looseObject({
  format_id: z.string().min(1).max(200),
  fixture: z
    .looseObject({
      name: z.string().min(1).max(200).optional(),
      description: z.string().max(2000).optional(),
      type: z.string().max(64).optional(),
    })
    .prefault({}),
})

/** A creative format only this buyer sees. */
export const seedCreativeFormat = seed({
  kind: 'creative_format',
  params: formatParams,
  idOf: ({ format_id }) => format_id,
  async insert(trx, { format_id, fixture }, sandbox: Sandbox) {
    const { tenant_id, principal_id } = sandbox.principal
    const { agent_url } = await requireFormat(trx, sandbox.principal, undefined).catch(() => {
      throw invalidParams('This publisher takes no formats, so none can be seeded.')
    })
    const { name = format_id, description = '', type = 'display', ...rest } = fixture
    const asset_type = ['video', 'audio'].includes(type) ? type : 'image'
    const asset = { item_type: 'individual', asset_id: asset_type, asset_type, required: true }
    await trx
      .insertInto('creative_formats')
      .values({
        tenant_id,
        agent_url,
        format_id: ownId(principal_id, format_id),
        sandbox_of: principal_id,
        name,
        description,
        asset_types: [asset_type],
        definition: jsonb({ assets: [asset], ...rest }),
      })
      .execute()
  },
})
