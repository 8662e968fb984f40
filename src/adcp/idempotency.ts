/** How long an idempotency_key is answered from; get_adcp_capabilities promises it, create_media_buy keeps it. */
export const REPLAY_TTL_SECONDS = 86_400
