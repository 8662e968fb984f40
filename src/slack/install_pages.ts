import type { ServerResponse } from 'node:http'

/** The page from which one goes to Slack: browsers let no form of ours lead there, but a link. */
export const installPage = (url: string): string =>
  page(
    'Install Salesdesk in Slack',
    'Slack asks which workspace, and what the app may do there. The people of the publisher are then told there what waits for them.',
    `<p><a class="button" href="${escape(url)}">Choose a workspace</a></p>`,
  )

/** Says how an installation went. */
export function sayOn(response: ServerResponse, status: number, title: string, text: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page(title, text))
}

const page = (title: string, text: string, more = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escape(title)} · Salesdesk</title>
<link rel="stylesheet" href="/console/assets/console.css"></head>
<body class="bare"><main id="main"><p class="brand">Salesdesk</p><h1>${escape(title)}</h1><p>${escape(text)}</p>${more}</main></body></html>`

const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
