/** What the media_buy_id of an order begins with that people booked on an ad server: `booked:<connection_id>:<id there>`. */
export const BOOKED = 'booked:'
export const isBookedId = (media_buy_id: string): boolean => media_buy_id.startsWith(BOOKED)
