export const app = { name: 'Stallgrid', tagline: '批发市场物联平台' };

export const language = { switch: '切换语言' };

export const nav = {
  label: '主导航',
  floor: '实时平面',
  cases: '待办',
  losses: '公摊与线损',
  gates: '道闸',
  readings: '抄表',
  leases: '租约',
  devices: '设备',
  'dead-letters': '死信',
  'fee-lines': '费用明细',
  billing: '计费',
  bills: '账单',
  ledger: '总账',
  payments: '收款',
  tariffs: '资费',
  audit: '核验',
  settings: '设置',
  prepaid: '预付费',
  settlement: '分账结算',
  more: '全部',
  skip: '跳到正文',
};

export const navGroup = { market: '市场', charging: '收费', money: '资金', proof: '核验与设置' };

export const connection = { ok: '已连接', connecting: '连接中', lost: '连接中断' };

export const role = {
  operator: '运营',
  biller: '计费',
  auditor: '审计',
  integrator: '集成商',
  merchant: '商户',
  viewer: '访客',
};
