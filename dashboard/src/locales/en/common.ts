export const common = {
  retry: 'Retry',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  cancel: 'Cancel',
  confirm: 'Confirm',
  details: 'Details',
  more: 'Load more',
  allLoaded: 'All loaded',
  loading: 'Loading',
  all: 'All',
  yes: 'Yes',
  no: 'No',
  never: 'Never',
  refresh: 'Refresh',
  site: 'Market',
  siteTime: 'Market time {{zone}}',
  rows: '{{count}} rows loaded',
  rows_one: '{{count}} row loaded',
  proposedIt: 'You proposed it: somebody else must approve it (four eyes). You can drop it.',
};

export const errors = {
  title: 'Could not load',
  network: 'The server cannot be reached. Check the network, then retry.',
  shape:
    'The server’s answer does not fit this version of the page. Reload it; if that does not help, tell your administrator.',
  forbidden: 'Your account may not see this.',
  notFound: 'This was not found. It may have been removed.',
  conflict: 'This conflicts with existing data. Refresh and check.',
  invalid: 'Something entered is not right. Check it.',
  and: ', ',
  server: 'The server failed ({{status}}). Retry in a while.',
  pageNotFound: 'There is no such page',
  pageNotFoundHint: 'The address may be wrong, or the page has moved.',
  backHome: 'Back to the start',
  crashed: 'The page failed',
  crashedHint: 'Reload it. If that does not help, tell your administrator when it happened.',
};

export const age = {
  seconds: '{{count}} s',
  minutes: '{{count}} min',
  hours: '{{count}} h',
  days: '{{count}} d',
  ago: '{{age}} ago',
};
