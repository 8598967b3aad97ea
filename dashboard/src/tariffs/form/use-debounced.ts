import { useEffect, useState } from 'react';

/** The value, once it has not changed for a while. */
export function useDebounced<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Tells whenever the value has become another one; values are compared as JSON. */
export function useReported<T>(value: T, report: (value: T) => void): void {
  const text = JSON.stringify(value);
  useEffect(() => report(JSON.parse(text) as T), [text, report]);
}
