/** What is wrong with a field. */
export const fault = {
  belowFirst: '须小于首次提醒的金额',
  afterStart: '须晚于开始时间',
  oneDay: '至少勾选一天',
  laterStep: '须晚于上一步',
  holidayToo: '这一天也在节假日中，请从其中一处删除',
  money: '请填写金额，例如 100.00',
  percent: '请填写百分比，最多 4 位小数，例如 0.05',
  clock: '请填写时间，例如 09:00',
  date: '没有这一天',
  number: '请填写整数',
  missing: '请填写',
  choose: '请选择或填写',
  pattern: '含有不能用的字符',
  atLeast: '不能小于 {{a}}',
  atMost: '不能大于 {{a}}',
  oneEntry: '至少要有一项',
  tooMany: '最多 {{a}} 个',
};
export const dates = {
  none: '还没有日期',
  everyYear: '每年',
  count: '{{count}} 天',
  clear: '清空',
  remove: '删除 {{date}}',
  paste: '{{label}}：粘贴日期',
  placeholder: '粘贴或输入，例如 2026-10-01 至 2026-10-07，2026年1月1日',
  placeholderEveryYear: '例如 2026-10-01 至 2026-10-07；不写年份表示每年：10-01',
  add: '加入',
  rejected: '看不懂：{{text}}',
};
export const weekday = { d1: '周一', d2: '周二', d3: '周三', d4: '周四', d5: '周五', d6: '周六', d7: '周日' };
export const unsaved = {
  title: '有未保存的改动',
  hint: '离开此页，未保存的改动将会丢失。',
  leave: '离开并放弃',
  stay: '留在此页',
};
