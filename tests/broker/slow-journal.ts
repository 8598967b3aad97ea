import type { Journal, JournalRecord } from '../../store/journal/port.ts';

/** A journal whose appends settle when, and in the order that, a test says. */
export interface SlowJournal extends Journal {
  readonly appended: {
    readonly record: JournalRecord;
    readonly text: string;
    resolve(): void;
    reject(error: Error): void;
  }[];
}

export function slowJournal(): SlowJournal {
  const appended: SlowJournal['appended'] = [];
  return {
    appended,
    append: (record) =>
      new Promise<void>((resolve, reject) => {
        appended.push({ record, text: Buffer.from(record.payload).toString(), resolve, reject });
      }),
    read: async () => [],
    id: async () => 'slow',
    head: async () => 0,
    trim: async () => 0,
    status: async () => ({ writable: true, frames: 0, bytes: 0, bytesMax: 0 }),
    close: async () => {},
  };
}
