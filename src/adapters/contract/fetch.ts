/** How an ad server is reached: as `fetch`, but only at addresses whoever runs the desk lets its publishers' people choose. */
export type Fetch = (url: string | URL, init: RequestInit) => Promise<Response>

/** The code of what such a fetch was refused for; no connection was made. */
export const FORBIDDEN_DESTINATION = 'FORBIDDEN_DESTINATION'

/** Said of an ad server that may not be reached. */
export const forbiddenAddress =
  'its address is not https on the public internet. Whoever runs the desk can allow its host with AD_SERVER_PRIVATE_HOSTS'
