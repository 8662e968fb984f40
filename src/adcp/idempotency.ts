/** How long an idempotency_key is answered from; get_adcp_capabilities promises it, every tool that writes keeps it. */
export const REPLAY_TTL_SECONDS = 86_400

/** No request is worked on for longer: its key is free again by then, or has its answer. */
export const IN_FLIGHT_MAX_SECONDS = 60

/** A retry this late by somebody's clock is still answered (AdCP security, "Idempotency": 60 s of skew). */
export const CLOCKS_DIFFER_MS = 60_000
