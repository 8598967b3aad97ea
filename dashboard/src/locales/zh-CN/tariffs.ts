export const tariff = {
  title: '资费',
  code: '代码',
  version: '第 {{version}} 版',
  from: '自 {{time}} 起',
  current: '现行',
  future: '未生效',
  past: '历史',
  bands: '时段与单价',
  band: '时段',
  price: '单价',
  strip: '24 小时时段',
  flat: '统一单价',
  empty: '还没有资费',
  preview: '试算',
  previewHint: '不入账，与计费用同一套规则。',
  quantity: '用量（{{unit}}）',
  calculate: '计算',
  total: '合计',
  rounding: '舍入',
  everyDay: '每天',
};

export const band = { sharp: '尖', peak: '峰', flat: '平', valley: '谷', deep: '深谷', all: '全时段' };
