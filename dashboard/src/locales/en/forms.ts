/** What is wrong with a field. */
export const fault = {
  belowFirst: 'Must be less than the first warning',
  afterStart: 'Must be later than the start',
  oneDay: 'Choose at least one day',
  laterStep: 'Must be later than the step before',
  holidayToo: 'This day is a holiday too: remove it from one of the two',
  money: 'An amount such as 100.00',
  percent: 'A percentage with at most 4 decimals, such as 0.05',
  clock: 'A time such as 09:00',
  date: 'There is no such day',
  number: 'A whole number',
  missing: 'Needed',
  choose: 'Choose or enter something',
  pattern: 'Has characters that cannot be used',
  atLeast: 'Not less than {{a}}',
  atMost: 'Not more than {{a}}',
  oneEntry: 'At least one is needed',
  tooMany: 'At most {{a}}',
};
export const dates = {
  none: 'No days yet',
  everyYear: 'Every year',
  count: 'Days: {{count}}',
  clear: 'Clear',
  remove: 'Remove {{date}}',
  paste: '{{label}}: paste days',
  placeholder: 'Paste or type, e.g. 2026-10-01 to 2026-10-07, 2026-12-25',
  placeholderEveryYear: 'E.g. 2026-10-01 to 2026-10-07; without a year it is every year: 10-01',
  add: 'Add',
  rejected: 'Cannot read: {{text}}',
};
export const weekday = { d1: 'Mon', d2: 'Tue', d3: 'Wed', d4: 'Thu', d5: 'Fri', d6: 'Sat', d7: 'Sun' };
export const unsaved = {
  title: 'Something is not saved',
  hint: 'If you leave this page, what you changed is lost.',
  leave: 'Leave and discard',
  stay: 'Stay here',
};
