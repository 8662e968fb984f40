import { z } from 'zod'

/** A field that may be left empty, which then is null. */
export const nothing = <S extends z.ZodType>(schema: S) =>
  z.preprocess((text) => (text === '' || text === undefined ? null : text), schema.nullable())

/** An amount of money as decimal text, as PostgreSQL keeps it; empty: null. Thousands may be set apart by commas or spaces. */
export const amountOrNothing = z
  .string()
  .default('')
  .transform((text) => text.replaceAll(/[\s,](?=\d{3}(\D|$))/g, '').trim())
  .refine((text) => text === '' || (/^\d{1,10}(\.\d{1,2})?$/.test(text) && Number(text) > 0), {
    error: 'An amount above zero, such as 25000 or 1200.50.',
  })
  .transform((text) => (text === '' ? null : Number(text).toFixed(2)))

/** A whole number within bounds. */
export const whole = (least: number, most: number) => {
  const error = `A whole number from ${least} to ${most}.`
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error })
}

/** The same, or empty: null. */
export const wholeOrNothing = (least: number, most: number) => nothing(whole(least, most))

/** A box: true where it was ticked. */
export const ticked = z
  .literal('yes')
  .optional()
  .transform((value) => value === 'yes')
