export const session = {
  title: '登录',
  username: '用户名',
  password: '密码',
  signIn: '登录',
  signOut: '退出登录',
  wrong: '用户名或密码不正确。请检查大小写后重试。',
  tooMany: '尝试次数过多，请稍后再试。',
  usernameMissing: '请输入用户名',
  passwordMissing: '请输入密码',
  expired: '登录已过期，请重新登录，之后会回到刚才的页面。',
  account: '账户',
};
