import SearchOutlined from '@ant-design/icons/es/icons/SearchOutlined';
import { AutoComplete, Input, type InputRef } from 'antd';
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stall } from '../api.ts';
import { searchStalls } from '../floor/search.ts';

const FOUND_MAX = 12;

/** `/` focuses it from anywhere on the page; Enter takes the best match. */
export function FloorSearch(props: {
  readonly stalls: readonly Stall[];
  readonly floorNames: ReadonlyMap<number, string>;
  readonly onFind: (stall: Stall) => void;
}) {
  const { t } = useTranslation();
  const { stalls, floorNames, onFind } = props;
  const input = useRef<InputRef>(null);
  const [text, setText] = useState('');
  const wanted = useDeferredValue(text);

  useEffect(() => {
    const slash = (event: KeyboardEvent) => {
      const { target } = event;
      const typing = target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus({ cursor: 'all' });
    };
    document.addEventListener('keydown', slash);
    return () => document.removeEventListener('keydown', slash);
  }, []);

  const searchable = useMemo(
    () =>
      stalls.map((stall) => ({
        code: stall.code,
        merchant: stall.lease?.party.name ?? null,
        initials: stall.lease?.party.initials ?? null,
        stall,
      })),
    [stalls],
  );
  const found = useMemo(() => searchStalls(searchable, wanted, FOUND_MAX), [searchable, wanted]);

  const take = (stall: Stall | undefined) => {
    if (stall === undefined) return;
    setText('');
    input.current?.blur();
    onFind(stall);
  };

  return (
    <AutoComplete
      className="floor-search"
      value={text}
      onChange={(value: string) => setText(value)}
      defaultActiveFirstOption
      options={found.map(({ stall }) => ({
        value: stall.code,
        label: (
          <span className="found">
            <strong>{stall.code}</strong>
            <span className="found-name">{stall.lease?.party.name ?? t('floor.unleased')}</span>
            <span className="muted">{floorNames.get(stall.floorId)}</span>
          </span>
        ),
      }))}
      onSelect={(code: string) => take(found.find((one) => one.stall.code === code)?.stall)}
      notFoundContent={text.trim() === '' ? null : t('floor.searchNone')}
    >
      <Input
        ref={input}
        allowClear
        prefix={<SearchOutlined />}
        suffix={text === '' ? <kbd>/</kbd> : undefined}
        placeholder={t('floor.search')}
        aria-label={t('floor.search')}
        onPressEnter={() => {
          // The list may lag behind the keys: what counts is what was typed.
          if (text.trim() !== '') take(searchStalls(searchable, text, 1)[0]?.stall);
        }}
      />
    </AutoComplete>
  );
}
