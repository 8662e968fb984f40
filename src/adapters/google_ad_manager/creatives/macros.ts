import type { ApprovedBuy, ApprovedCreative } from '../../adapter.ts'

/** AdCP's universal macros that Google fills in when it shows a creative, by Google's names for them. */
const filledByGoogle: Readonly<Record<string, string>> = {
  AD_HEIGHT: '%%HEIGHT%%',
  AD_WIDTH: '%%WIDTH%%',
  CACHEBUSTER: '%%CACHEBUSTER%%',
  DEVICE_ID: '%%ADVERTISING_IDENTIFIER_PLAIN%%',
  DEVICE_ID_TYPE: '%%ADVERTISING_IDENTIFIER_TYPE%%',
  DOMAIN: '%%SITE%%',
  GDPR: '${GDPR}',
  LIMIT_AD_TRACKING: '%%ADVERTISING_IDENTIFIER_IS_LAT%%',
  PAGE_URL: '%%PATTERN:url%%',
  REFERRER: '%%REFERRER_URL_ESC%%',
  VIDEO_ID: '%%VIDEO_ID%%',
}

/** The rest of AdCP's macros (enums/universal-macro.json): Google has nothing to put there, and AdCP wants nothing then. */
const unfilled = new Set(
  `PACKAGE_ID TIMESTAMP GDPR_CONSENT US_PRIVACY GPP_STRING GPP_SID IP_ADDRESS DEVICE_TYPE OS OS_VERSION DEVICE_MAKE DEVICE_MODEL
  USER_AGENT APP_BUNDLE APP_NAME COUNTRY REGION CITY ZIP DMA LAT LONG KEYWORDS PLACEMENT_ID FOLD_POSITION VIDEO_TITLE VIDEO_DURATION
  VIDEO_CATEGORY CONTENT_GENRE CONTENT_RATING PLAYER_WIDTH PLAYER_HEIGHT POD_POSITION POD_SIZE AD_BREAK_ID STATION_ID
  COLLECTION_NAME SHOW_NAME INSTALLMENT_ID EPISODE_ID AUDIO_DURATION TMPX IMPRESSION_ID AXEM CATALOG_ID SKU GTIN OFFERING_ID JOB_ID
  HOTEL_ID FLIGHT_ID VEHICLE_ID LISTING_ID STORE_ID PROGRAM_ID DESTINATION_ID CREATIVE_VARIANT_ID APP_ITEM_ID ITEM_NAME
  ITEM_DESCRIPTION ITEM_TAGLINE ITEM_PRICE ITEM_PRICE_CURRENCY`.split(/\s+/),
)

/**
 * AdCP's macros in an address or a piece of HTML as Google's. Ids are written in; a package's is not, as a creative is uploaded once
 * for all packages. A click address that is a parameter of another is escaped.
 */
export function translateMacros(
  content: string,
  { media_buy_id }: Pick<ApprovedBuy, 'media_buy_id'>,
  { creative_id }: Pick<ApprovedCreative, 'creative_id'>,
): string {
  const ids: Readonly<Record<string, string>> = {
    MEDIA_BUY_ID: media_buy_id,
    CREATIVE_ID: encodeURIComponent(creative_id),
  }
  return content.replace(/(=?)\{([A-Z_]+)\}/g, (whole, equals: string, name: string) => {
    if (name === 'CLICK_URL') return equals + (equals ? '%%CLICK_URL_ESC%%' : '%%CLICK_URL_UNESC%%')
    const value = ids[name] ?? filledByGoogle[name] ?? (unfilled.has(name) ? '' : undefined)
    return value === undefined ? whole : equals + value
  })
}
