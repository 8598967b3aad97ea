export const documents = {
  download: '下载',
  export: '导出',
  pdfZh: 'PDF（中文）',
  pdfEn: 'PDF（英文）',
  linesXlsx: '费用明细（Excel）',
  linesCsv: '费用明细（CSV）',
  xlsx: 'Excel 表格',
  csv: 'CSV 文本',
  archive: '全部账单的 PDF 压缩包',
  vouchers: '导出凭证',
  vouchersHint: '选定起止日期后，可导出供财务软件使用的凭证；科目编码在设置中填写。',
};
