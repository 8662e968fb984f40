/** AdCP's error codes that we use, with the recovery the spec gives each (enums/error-code.json, 3.0 and 3.1). */
export const errorCodes = {
  INVALID_REQUEST: 'correctable',
  AUTH_REQUIRED: 'correctable',
  RATE_LIMITED: 'transient',
  SERVICE_UNAVAILABLE: 'transient',
  PERMISSION_DENIED: 'correctable',
  VERSION_UNSUPPORTED: 'correctable',
  UNSUPPORTED_FEATURE: 'correctable',
  CONFLICT: 'transient',
  INVALID_STATE: 'correctable',
  NOT_CANCELLABLE: 'correctable',
  REFERENCE_NOT_FOUND: 'correctable',
  IDEMPOTENCY_CONFLICT: 'correctable',
  IDEMPOTENCY_EXPIRED: 'correctable',
  IDEMPOTENCY_IN_FLIGHT: 'transient',
  UNSUPPORTED_PROVISIONING: 'correctable',
  BILLING_NOT_SUPPORTED: 'correctable',
  PAYMENT_TERMS_NOT_SUPPORTED: 'correctable',
  ACCOUNT_NOT_FOUND: 'terminal',
  ACCOUNT_AMBIGUOUS: 'correctable',
  ACCOUNT_SETUP_REQUIRED: 'correctable',
  ACCOUNT_PAYMENT_REQUIRED: 'terminal',
  ACCOUNT_SUSPENDED: 'terminal',
  PRODUCT_NOT_FOUND: 'correctable',
  PRODUCT_UNAVAILABLE: 'correctable',
  PRODUCT_EXPIRED: 'correctable',
  BUDGET_TOO_LOW: 'correctable',
  BUDGET_EXCEEDED: 'correctable',
  CREATIVE_NOT_FOUND: 'correctable',
  CREATIVE_DEADLINE_EXCEEDED: 'correctable',
  PACKAGE_NOT_FOUND: 'correctable',
  MEDIA_BUY_NOT_FOUND: 'correctable',
  POLICY_VIOLATION: 'correctable',
} as const satisfies Record<string, Recovery>

export type ErrorCode = keyof typeof errorCodes
/** What the buyer can do: mend the request, try it again later, or ask a person. */
export type Recovery = 'correctable' | 'transient' | 'terminal'
