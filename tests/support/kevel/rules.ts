import { z } from 'zod'
import { Refusal, rowOf, type Books } from './books.ts'

/** As in the OpenAPI documents of github.com/adzerk/adzerk-api-specification. Fields Kevel has and nobody here sends are left out. */
const Int = z.int().min(-2_147_483_648).max(2_147_483_647)
const Positive = Int.min(1)
const Time = z.string().regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,7})?Z?)?$/)
const Cap = {
  FreqCap: Positive.nullish(),
  FreqCapDuration: Positive.nullish(),
  FreqCapType: z.literal([1, 2, 3]).nullish(),
  LifetimeCapAmount: Int.min(0).nullish(),
  DailyCapAmount: Int.min(0).nullish(),
}

const campaign = {
  AdvertiserId: Positive,
  Name: z.string().min(1).max(200),
  IsActive: z.boolean().default(false),
  IsDeleted: z.boolean().default(false),
  IsArchived: z.boolean().nullable().default(false),
  CustomFieldsJson: z.string().nullish(),
  ...Cap,
  CapType: z.literal(4).nullish(),
}
const flight = {
  Name: z.string().min(1).max(300),
  StartDateISO: Time,
  EndDateISO: Time.nullish(),
  CampaignId: Positive,
  PriorityId: Positive,
  GoalType: z.literal([1, 2, 3, 7, 8, 9, 10]),
  Impressions: Positive,
  IsActive: z.boolean(),
  IsDeleted: z.boolean().nullable().default(false),
  IsArchived: z.boolean().nullable().default(false),
  RateType: z.literal([1, 2, 3, 4, 5, 6]),
  Price: z.number().min(0).nullish(),
  Keywords: z.string().nullish(),
  CustomTargeting: z.string().nullish(),
  CustomFieldsJson: z.string().nullish(),
  IsFreqCap: z.boolean().nullish(),
  ...Cap,
  CapType: z.literal([1, 2, 3, 4]).nullish(),
}
const places = {
  GeoTargeting: z
    .array(
      z.strictObject({
        CountryCode: z.enum(['US', 'DE', 'FR', 'CA']),
        Region: z.string().regex(/^[A-Z]{2,3}$/).nullish(), // prettier-ignore
        MetroCode: Int.nullish(),
        IsExclude: z.boolean().nullish(),
      }),
    )
    .nullish(),
  SiteZoneTargeting: z
    .array(z.strictObject({ SiteId: Positive, ZoneId: Positive.nullish(), IsExclude: z.boolean().nullish() }))
    .nullish(),
}
const creative = {
  AdvertiserId: Positive,
  AdTypeId: Positive,
  IsActive: z.boolean(),
  Title: z.string().nullish(),
  Url: z.string().max(2000).nullish(),
  Alt: z.string().nullish(),
  IsHTMLJS: z.boolean().nullish(),
  ScriptBody: z.string().nullish(),
  ImageLink: z.string().nullish(),
}
const ad = {
  CampaignId: Positive.nullish(),
  FlightId: Positive,
  Creative: z.strictObject({ Id: Positive }),
  IsActive: z.boolean(),
}

const Id = Positive
export const forms = {
  newCampaign: z.strictObject(campaign),
  campaign: z.strictObject({ ...campaign, Id, StartDateISO: Time, IsActive: z.boolean() }),
  newFlight: z.strictObject({ ...flight, ...places }),
  flight: z.strictObject({ ...flight, Id }),
  newCreative: z.strictObject(creative),
  newAd: z.strictObject({ ...ad, IsDeleted: z.boolean().nullish() }),
  ad: z.strictObject({ ...ad, Id, CampaignId: Positive, IsDeleted: z.boolean() }),
}

/** The body of a request, with what it leaves out as Kevel then takes it. @throws Refusal */
export function read<T>(form: z.ZodType<T>, body: unknown): T {
  const result = form.safeParse(body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Refusal(`${issue?.path.join('.') || 'The request'}: ${issue?.message}`)
}

/** Everything a campaign names must be there. @throws Refusal */
export function checkCampaign(books: Books, { AdvertiserId }: { AdvertiserId: number }): void {
  rowOf(books.advertisers, AdvertiserId, 'Advertiser')
}

/** Everything a flight names must be there, and what paces by its end must have one. @throws Refusal */
export function checkFlight(books: Books, one: z.infer<typeof forms.newFlight>): void {
  rowOf(books.campaigns, one.CampaignId, 'Campaign')
  rowOf(books.priorities, one.PriorityId, 'Priority')
  for (const { SiteId, ZoneId } of one.SiteZoneTargeting ?? []) {
    rowOf(books.sites, SiteId, 'Site')
    if (ZoneId) rowOf(books.zones, ZoneId, 'Zone')
  }
  if (!one.EndDateISO && ![2, 9, 10].includes(one.GoalType)) throw new Refusal('EndDateISO is required.')
  if (one.EndDateISO && one.EndDateISO <= one.StartDateISO)
    throw new Refusal('EndDateISO must be after StartDateISO.')
  if (one.CapType === undefined && one.LifetimeCapAmount) throw new Refusal('CapType is required.')
}

/** Who is shown must be there, and fit. @throws Refusal */
export function checkCreative(books: Books, one: z.infer<typeof forms.newCreative>): void {
  rowOf(books.advertisers, one.AdvertiserId, 'Advertiser')
  rowOf(books.adTypes, one.AdTypeId, 'AdType')
  if (one.IsHTMLJS ? !one.ScriptBody : !one.ImageLink || !one.Url)
    throw new Refusal('A creative needs ScriptBody, or ImageLink and Url.')
}

/** With its times as Kevel gives them back: in UTC, without saying so. */
export function asKept(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) =>
      name.endsWith('ISO') && typeof value === 'string'
        ? [
            name,
            new Date(value.length > 10 && !value.endsWith('Z') ? `${value}Z` : value)
              .toISOString()
              .replace('Z', '0000'),
          ]
        : [name, value],
    ),
  )
}
