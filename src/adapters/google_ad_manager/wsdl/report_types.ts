/** What a report is asked for with, as in types.ts. */
export const reports = {
  ReportJob: 'id:long reportQuery:ReportQuery',
  ReportQuery:
    'dimensions:Dimension[] columns:Column[] startDate:Date endDate:Date dateRangeType:DateRangeType statement:Statement timeZoneType:TimeZoneType',
  ReportDownloadOptions:
    'exportFormat:ExportFormat includeReportProperties:boolean includeTotalsRow:boolean useGzipCompression:boolean',
}
