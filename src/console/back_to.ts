/** Where to after signing in: a page of ours, whatever the address says. */
export function backTo(to: string | undefined): string {
  return to !== undefined && /^\/console(\/[\w./?=&%-]*)?$/.test(to) ? to : '/console'
}
