import type { ClientConfig } from '../../../client_config.ts'

/** What to paste into which program, each to be copied as a whole. */
export function ConfigList({ first, configs }: { first?: ClientConfig; configs: readonly ClientConfig[] }) {
  return (
    <>
      {first && <Config config={first} id="token" />}
      <div class="columns">
        {configs.map((config, i) => (
          <Config config={config} id={`config-${i}`} />
        ))}
      </div>
    </>
  )
}

function Config({ config: { client, file, text, link }, id }: { config: ClientConfig; id: string }) {
  return (
    <section class="card config">
      <h2>
        <label for={id}>{client}</label>
      </h2>
      <p class="hint" id={`${id}-hint`}>
        {file}
      </p>
      <textarea id={id} aria-describedby={`${id}-hint`} readonly rows={text.split('\n').length} data-copy>
        {text}
      </textarea>
      {link && (
        <p class="hint">
          <a href={link.href}>{link.name}</a>. {link.then}
        </p>
      )}
    </section>
  )
}
