export const common = {
  retry: '重试',
  close: '关闭',
  copy: '复制',
  copied: '已复制',
  cancel: '取消',
  confirm: '确认',
  details: '详情',
  more: '加载更多',
  allLoaded: '已全部加载',
  loading: '加载中',
  all: '全部',
  yes: '是',
  no: '否',
  never: '从未',
  refresh: '刷新',
  site: '市场',
  siteTime: '市场时间 {{zone}}',
  rows: '已加载 {{count}} 行',
};

export const errors = {
  title: '未能加载',
  network: '连不上服务器。请检查网络，然后重试。',
  shape: '服务器的回答与本页面的版本不符。请刷新页面；若仍如此，请告知管理员。',
  forbidden: '您的账户无权查看此内容。',
  notFound: '找不到这项内容，可能已被移除。',
  conflict: '与现有数据冲突：{{detail}}',
  invalid: '输入有误：{{detail}}',
  server: '服务器出错（{{status}}）。请稍后重试。',
  pageNotFound: '没有这个页面',
  pageNotFoundHint: '地址可能有误，或页面已移动。',
  backHome: '回到首页',
  crashed: '页面出错了',
  crashedHint: '请刷新页面。若仍如此，请把发生的时间告诉管理员。',
};

export const age = {
  seconds: '{{count}} 秒',
  minutes: '{{count}} 分钟',
  hours: '{{count}} 小时',
  days: '{{count}} 天',
  ago: '{{age}}前',
};
