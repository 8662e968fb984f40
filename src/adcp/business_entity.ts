import { z } from 'zod'
import { country, ext } from './request_schemas.ts'

/** A company as it stands on an invoice (core/business-entity.json). `bank` is told to us and never told again. */
export const businessEntity = z
  .strictObject({
    legal_name: z.string().max(200),
    vat_id: z
      .string()
      .regex(/^[A-Z]{2}[A-Z0-9]{2,13}$/, 'a VAT id without spaces such as DE123456789')
      .optional(),
    tax_id: z.string().max(30).optional(),
    registration_number: z.string().max(50).optional(),
    address: z
      .strictObject({
        street: z.string().max(200),
        city: z.string().max(100),
        postal_code: z.string().max(20),
        region: z.string().max(100).optional(),
        country,
      })
      .optional(),
    contacts: z
      .array(
        z.strictObject({
          role: z.enum(['billing', 'legal', 'creative', 'general']),
          name: z.string().max(200).optional(),
          email: z.email().max(254).optional(),
          phone: z.string().max(30).optional(),
        }),
      )
      .max(10)
      .optional(),
    bank: z
      .strictObject({
        account_holder: z.string().max(200),
        iban: z
          .string()
          .regex(/^[A-Z]{2}[0-9]{2}[A-Z0-9]{4,30}$/, 'an IBAN without spaces')
          .optional(),
        bic: z
          .string()
          .regex(/^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/, 'a BIC of 8 or 11 characters')
          .optional(),
        routing_number: z.string().max(30).optional(),
        account_number: z.string().max(30).optional(),
      })
      .optional(),
    ext: ext.optional(),
  })
  .describe('Another company to be invoiced for this buy: {legal_name, address, …}.')
export type BusinessEntity = z.infer<typeof businessEntity>
