import type { Context } from 'hono'
import type { AdServerKind } from '../../../ad_server_kinds.ts'
import { LongField, TextField } from '../../parts/field.tsx'

const LONGEST_BYTES = 65_536

/** Where the key of an ad server is given, typed in or as a file. It is never shown again. */
export function SecretField({
  secret,
  problem,
}: {
  secret: NonNullable<AdServerKind['secret']>
  problem: string | undefined
}) {
  const { label, hint, file } = secret
  if (!file)
    return (
      <TextField name="secret" {...{ label, hint, problem }} type="password" autocomplete="off" required />
    )
  return (
    <>
      <LongField name="secret" {...{ label, hint, problem }} autocomplete="off" spellcheck="false" />
      <div class="field">
        <label for="secret_file">or the file itself</label>
        <input id="secret_file" name="secret_file" type="file" accept="application/json,.json" />
      </div>
    </>
  )
}

/** What was given as a key: the file, if there is one, without the line break an editor puts behind it. */
export async function secretOf(c: Context): Promise<string> {
  const { secret, secret_file: file } = await c.req.parseBody()
  const typed = typeof secret === 'string' ? secret.trim() : ''
  if (!(file instanceof File) || file.size === 0) return typed
  return file.size > LONGEST_BYTES ? '' : (await file.text()).trim()
}

/** Why no key can be kept here, and how that is put right. */
export function NoSeal() {
  return (
    <div class="warning">
      <p>
        Keys are kept sealed, and this desk was given nothing to seal them with. Whoever runs it makes 32
        random bytes with <code>openssl rand -base64 32</code>, gives them to every server and worker as{' '}
        <code>SALESDESK_ENCRYPTION_KEY</code>, and starts them again.
      </p>
    </div>
  )
}
