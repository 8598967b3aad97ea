/** A text as a LIKE pattern that matches it alone. */
export const likeText = (text: string): string => text.replace(/[\\%_]/g, '\\$&');
