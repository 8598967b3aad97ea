export const session = {
  title: 'Sign in',
  username: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  signOut: 'Sign out',
  wrong: 'The user name or password is not right. Check capital letters and try again.',
  tooMany: 'Too many attempts. Try again in a while.',
  usernameMissing: 'Enter your user name',
  passwordMissing: 'Enter your password',
  expired: 'Your session has expired. Sign in again and you return to where you were.',
  account: 'Account',
};
