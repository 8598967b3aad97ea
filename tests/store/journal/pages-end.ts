import { LmdbPages } from '../../../store/journal/lmdb-pages.ts';

/** Where the last page of a journal's file ends, in bytes: behind it is its reserve. */
export function pagesEnd(file: string): number {
  const pages = new LmdbPages(file);
  try {
    return (Math.max(...pages.metas().map((meta) => meta.lastPage)) + 1) * pages.pageSize;
  } finally {
    pages.close();
  }
}
