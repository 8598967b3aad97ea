export const documents = {
  download: 'Download',
  export: 'Export',
  pdfZh: 'PDF (Chinese)',
  pdfEn: 'PDF (English)',
  linesXlsx: 'Lines (Excel)',
  linesCsv: 'Lines (CSV)',
  xlsx: 'Excel spreadsheet',
  csv: 'CSV text',
  archive: 'All bills as PDFs in an archive',
  vouchers: 'Export vouchers',
  vouchersHint:
    'Choose both days to export vouchers for the accounting system; its account codes are in the settings.',
};
