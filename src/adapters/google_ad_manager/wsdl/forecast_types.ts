/** What ForecastService speaks in, as types.ts writes it. */
export const forecastTypes: Record<string, string> = {
  ProspectiveLineItem: 'lineItem:LineItem advertiserId:long',
  AvailabilityForecastOptions: 'breakdown:ForecastBreakdownOptions',
  ForecastBreakdownOptions: 'timeWindows:DateTime[]',
  AvailabilityForecast:
    'unitType:UnitType availableUnits:long matchedUnits:long possibleUnits:long breakdowns:ForecastBreakdown[]',
  ForecastBreakdown: 'startTime:DateTime endTime:DateTime breakdownEntries:ForecastBreakdownEntry[]',
  ForecastBreakdownEntry: 'forecast:BreakdownForecast',
  BreakdownForecast: 'matched:long available:long possible:long',
}
